import ts from 'typescript'

export interface Import {
  /** What stands between the quotes. */
  readonly from: string
  /** Gone after compilation. */
  readonly isTypeOnly: boolean
  readonly line: number
}

/** A TypeScript file as the checks see it. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
}

export function parseSource(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
}

export function lineOf({ tree }: Source, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** Everything that a file imports: statements, re-exports, `import()`, `require()` and `import('x').Type`. */
export function importsOf(source: Source): Import[] {
  const imports: Import[] = []
  walk(source.tree, (node) => {
    const found = importOf(node)
    if (found !== undefined) imports.push({ ...found, line: lineOf(source, node) })
  })
  return imports
}

function importOf(node: ts.Node): Omit<Import, 'line'> | undefined {
  if (ts.isImportDeclaration(node)) return named(node.moduleSpecifier, isTypeClause(node.importClause))
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return named(node.moduleSpecifier, node.isTypeOnly || isTypeList(node.exportClause))
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return named(node.argument.literal, true)
  if (ts.isExternalModuleReference(node)) return named(node.expression, false)
  if (ts.isCallExpression(node) && isLoading(node)) return named(node.arguments[0], false)
  return undefined
}

/** What is not written out cannot be checked, so it gets a name that no rule allows. */
function named(specifier: ts.Node | undefined, isTypeOnly: boolean): Omit<Import, 'line'> {
  const isText = specifier !== undefined && ts.isStringLiteralLike(specifier)
  return { from: isText ? specifier.text : '(computed)', isTypeOnly }
}

function isTypeClause(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false
  return clause.isTypeOnly || (clause.name === undefined && isTypeList(clause.namedBindings))
}

function isTypeList(list: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (list === undefined || !(ts.isNamedImports(list) || ts.isNamedExports(list))) return false
  return list.elements.length > 0 && list.elements.every((element) => element.isTypeOnly)
}

function isLoading({ expression }: ts.CallExpression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true
  return ts.isIdentifier(expression) && expression.text === 'require'
}

/** Values that a file uses without declaring or importing them. */
export function globalsUsedIn(source: Source): { readonly name: string; readonly node: ts.Identifier }[] {
  const used: { name: string; node: ts.Identifier }[] = []
  const own = new Set<string>()
  walk(source.tree, (node) => {
    if (!ts.isIdentifier(node)) return
    if (isDeclaration(node)) own.add(node.text)
    else if (isValue(node)) used.push({ name: node.text, node })
  })
  return used.filter(({ name }) => !own.has(name))
}

function isDeclaration(node: ts.Identifier): boolean {
  const { parent } = node
  const declares =
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isBindingElement(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent)
  return declares && parent.name === node
}

function isValue(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent)) return ts.isTypeQueryNode(parent)
  if (ts.isBindingElement(parent)) return parent.initializer === node
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false
  const isNamed = 'name' in parent && parent.name === node
  return !isNamed
}
