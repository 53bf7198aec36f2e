import ts from 'typescript'
import { filesBelow, isTypeScript, read } from './repository.ts'
import { parseSource, type Source, walk } from './source.ts'

export interface Member {
  readonly name: string
  /** What its TSDoc says after `@default`, the first line of it. */
  readonly byDefault: string | undefined
}

/** Members of an interface or of a type that is an object, as they are declared in a file. */
export function membersOf(path: string, type: string): Member[] {
  const source = parseSource(path, read(path))
  return membersIn(declarationOf(source, type)).flatMap((member) => {
    const name = member.name !== undefined && ts.isIdentifier(member.name) ? member.name.text : undefined
    return name === undefined ? [] : [{ name, byDefault: defaultOf(member) }]
  })
}

export function namesOf(path: string, type: string): string[] {
  return membersOf(path, type).map(({ name }) => name)
}

/** The texts of a union of texts. */
export function unionOf(path: string, type: string): string[] {
  const source = parseSource(path, read(path))
  const texts: string[] = []
  walk(declarationOf(source, type), (node) => {
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) texts.push(node.literal.text)
  })
  return texts
}

/** Properties of the object that a constant of a package holds, as they are written in the source. */
export function constantIn(folder: string, constant: string): Record<string, string> {
  const values = filesBelow(folder)
    .filter(isTypeScript)
    .flatMap((path) => {
      const { tree } = parseSource(path, read(path))
      const value = tree.statements
        .filter(ts.isVariableStatement)
        .flatMap(({ declarationList }) => declarationList.declarations)
        .find(({ name }) => name.getText(tree) === constant)?.initializer
      return value === undefined ? [] : [propertiesOf(value, tree)]
    })
  const [value] = values
  if (value === undefined) throw new Error(`no constant ${constant} in ${folder}`)
  return value
}

function propertiesOf(value: ts.Node, tree: ts.SourceFile): Record<string, string> {
  const written: Record<string, string> = {}
  walk(value, (node) => {
    if (ts.isPropertyAssignment(node)) written[node.name.getText(tree)] = node.initializer.getText(tree)
  })
  return written
}

function declarationOf(
  { path, tree }: Source,
  type: string,
): ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  for (const statement of tree.statements) {
    const declares = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    if (declares && statement.name.text === type) return statement
  }
  throw new Error(`${path} declares no type ${type}`)
}

function membersIn(
  declaration: ts.InterfaceDeclaration | ts.TypeAliasDeclaration,
): readonly ts.TypeElement[] {
  if (ts.isInterfaceDeclaration(declaration)) return declaration.members
  return ts.isTypeLiteralNode(declaration.type) ? declaration.type.members : []
}

function defaultOf(member: ts.Node): string | undefined {
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default')
  return ts.getTextOfJSDocComment(tag?.comment)?.split('\n')[0]
}
