import { ClientEvent, ServerEvent } from '@carillon/protocol'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { anchorOf, headingsOf, linksOf, plain, tablesOf, tableUnder } from '../../src/markdown.ts'
import { exists, filesBelow, isTypeScript, read, workspacePackages } from '../../src/repository.ts'
import { lineOf, parseSource, type Source, walk } from '../../src/source.ts'

const everything = filesBelow('.')
const documents = everything.filter((path) => path.endsWith('.md'))
const sources = everything.filter((path) => /^packages\/[^/]+\/src\//.test(path) && isTypeScript(path))
const parsed: readonly Source[] = sources.map((path) => parseSource(path, read(path)))

/** What a check finds in one file: nodes, by file and line. */
const found = (source: Source, isIt: (node: ts.Node) => boolean): string[] => {
  const places: string[] = []
  walk(source.tree, (node) => {
    if (isIt(node)) places.push(`${source.path}:${lineOf(source, node)} ${node.getText(source.tree)}`)
  })
  return places
}

describe('[D10] links', () => {
  const targetsOf = (path: string): { link: string; file: string; anchor: string | undefined }[] =>
    linksOf(read(path))
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => {
        const [file = '', anchor] = link.split('#')
        return { link, file: file === '' ? path : join(path, file), anchor }
      })

  const join = (path: string, file: string): string => new URL(file, `file:///${path}`).pathname.slice(1)

  test.each(documents)('%s: what it links to is there', (path) => {
    const broken = targetsOf(path).filter(({ file, anchor }) => {
      if (!exists(file)) return true
      if (anchor === undefined) return false
      return !headingsOf(read(file)).some(({ text }) => anchorOf(text) === anchor)
    })
    expect(broken.map(({ link }) => link)).toEqual([])
  })
})

test('[D10] files that a document names in code are there', () => {
  const ours = [
    'README.md',
    'docs/API.md',
    'docs/ARCHITECTURE.md',
    'docs/CONTRIBUTING.md',
    'docs/PROTOCOL.md',
  ]
  const missing = ours.flatMap((path) => {
    const names = [...read(path).matchAll(/`((?:packages|examples|docs|\.ci)\/[^`\s]*)`/g)].map(
      (match) => match[1] ?? '',
    )
    return names
      .filter((name) => !/[<>*{}]|-$/.test(name) && !name.includes('/dist/') && !exists(name))
      .map((name) => `${path}: ${name}`)
  })
  expect(missing).toEqual([])
})

test('[D10] files that CONTRIBUTING.md names after a full path lie beside it', () => {
  const rows = tableUnder(read('docs/CONTRIBUTING.md'), 'To add something, touch these files').rows
  const missing = rows.flatMap(([, cell = '']) => {
    let folder = ''
    return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) => {
      if (/^packages\/[^/]+\/src\//.test(name)) folder = name.slice(0, name.indexOf('/src/') + 5)
      if (/[<>]/.test(name) || !/\.ts$/.test(name)) return []
      const places = [
        name,
        `${folder}${name}`,
        ...['edge', 'flows', 'rules'].map((ring) => `${folder}${ring}/${name}`),
      ]
      return places.some(exists) ? [] : [name]
    })
  })
  expect(missing).toEqual([])
})

test('[D11] the table of packages in the README is what is in packages/', () => {
  const table = tablesOf(read('README.md')).find(({ header }) => header[0] === 'package')
  const listed = (table?.rows ?? []).map(([cell = '', about = '']) => {
    const [, name, folder] = /^\[`(.+)`\]\((.+)\)$/.exec(cell) ?? []
    return { name, folder, isPrivate: about.startsWith('private') }
  })
  const there = workspacePackages(['packages']).map(({ folder, manifest }) => ({
    name: manifest.name,
    folder,
    isPrivate: manifest.private === true,
  }))
  const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }): number =>
    (a.name ?? '') < (b.name ?? '') ? -1 : 1
  expect(listed.sort(byName)).toEqual(there.sort(byName))
})

test('[D11] the table of runtime dependencies is what the packages declare', () => {
  const { rows } = tableUnder(read('docs/ARCHITECTURE.md'), 'Runtime dependencies')
  const listed = rows.flatMap(([name = '', needs = '']) => {
    const isPeer = needs.endsWith('(peer)')
    return [...needs.matchAll(/`([^`]+)`/g)].map(
      (match) => `${plain(name)} ${match[1]}${isPeer ? ' peer' : ''}`,
    )
  })
  const published = workspacePackages(['packages']).filter(({ manifest }) => manifest.private !== true)
  const declared = published.flatMap(({ manifest: { name, dependencies, peerDependencies } }) => [
    ...Object.keys(dependencies ?? {}).map((target) => `${name} ${target}`),
    ...Object.keys(peerDependencies ?? {}).map((target) => `${name} ${target} peer`),
  ])
  expect(listed.sort()).toEqual(declared.sort())
})

test('[D12] an index has exports and nothing else', () => {
  const indexes = everything.filter((path) => /\/src\/index\.ts$/.test(path))
  const other = indexes.flatMap((path) => {
    const source = parseSource(path, read(path))
    const isExport = (node: ts.Statement): boolean =>
      ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined
    return source.tree.statements
      .filter((node) => !isExport(node))
      .map((node) => `${path}:${lineOf(source, node)}`)
  })
  expect(other).toEqual([])
})

/** As a type a name cannot be misspelt: it would not compile. */
const isText = (node: ts.Node): node is ts.StringLiteralLike =>
  ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent)

/** The protocol itself, and stock clients that are played as somebody writes them who has read the page. */
const SPEAKERS = ['packages/protocol/src/', 'packages/faults/src/']

test('[D12] no source but the protocol has the name of an event in quotes', () => {
  const names = new Set<string>([...Object.values(ClientEvent), ...Object.values(ServerEvent)])
  const quoted = parsed
    .filter(({ path }) => !SPEAKERS.some((folder) => path.startsWith(folder)))
    .flatMap((source) => found(source, (node) => isText(node) && names.has(node.text)))
  expect(quoted).toEqual([])
})

test('[D12] no source silences the compiler', () => {
  const isAny = (node: ts.Node): boolean => node.kind === ts.SyntaxKind.AnyKeyword
  const isTwoCasts = (node: ts.Node): boolean => ts.isAsExpression(node) && ts.isAsExpression(node.expression)
  const comment = /(?:\/\/|\/\*)\s*@ts-(?:ignore|nocheck|expect-error)/
  const silenced = parsed.flatMap((source) => [
    ...found(source, (node) => isAny(node) || isTwoCasts(node)),
    ...(comment.test(source.text) ? [`${source.path}: a comment for the compiler`] : []),
  ])
  expect(silenced).toEqual([])
})

test('[D12] no file names a place on somebody’s machine', () => {
  const place = /(?:^|[\s'"`(=:])(?:\/(?:root|home\/[a-z]|Users\/[A-Za-z]|work\/[a-z])|[A-Z]:\\Users)/m
  const text = everything.filter((path) => !/\.(?:png|ico|jpe?g|woff2?)$/.test(path))
  expect(text.filter((path) => place.test(read(path)))).toEqual([])
})
