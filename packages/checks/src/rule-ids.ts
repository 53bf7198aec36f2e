import ts from 'typescript'
import { filesBelow, read } from './repository.ts'
import { parseSource, walk } from './source.ts'

const ID = /^(?:P-[A-Z0-9]+(?:-[A-Z0-9]+)*|[A-Z]+\d+)$/

/** Ids of the rules that a document lays down: in bold at the beginning of a list entry. */
export function rulesIn(markdown: string): string[] {
  return [...markdown.matchAll(/^- \*\*([A-Z][A-Z0-9-]*)\*\* /gm)].map((match) => match[1] ?? '')
}

export interface Titled {
  readonly id: string
  /** For instance `packages/server/test/wire/acks.test.ts`. */
  readonly path: string
}

/** Ids in the titles of tests: in brackets at the beginning of a text that a call begins with. */
export function idsInTitles(path: string, text: string): Titled[] {
  const titled: Titled[] = []
  walk(parseSource(path, text).tree, (node) => {
    const [title] = ts.isCallExpression(node) ? node.arguments : []
    if (title === undefined || !isText(title)) return
    for (const id of idsAtStart(title.getText().slice(1))) titled.push({ id, path })
  })
  return titled
}

/** Ids in the titles of all tests of the repository. */
export function testedRules(): Titled[] {
  const files = ['packages', 'examples'].flatMap((folder) => filesBelow(folder))
  return files
    .filter((path) => /\/test\/.*\.test(-d)?\.ts$/.test(path))
    .flatMap((path) => idsInTitles(path, read(path)))
}

function isText(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)
}

function idsAtStart(title: string): string[] {
  const start = /^(?:\[[^\]]+\] ?)+/.exec(title)?.[0] ?? ''
  return [...start.matchAll(/\[([^\]]+)\]/g)].map((match) => match[1] ?? '').filter((id) => ID.test(id))
}
