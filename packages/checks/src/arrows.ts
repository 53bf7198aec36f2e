import { posix } from 'node:path'
import ts from 'typescript'
import type { Manifest } from './repository.ts'
import { globalsUsedIn, type Import, importsOf, lineOf, parseSource, type Source, walk } from './source.ts'

/** A package whose sources are checked. */
export interface Checked {
  readonly folder: string
  readonly manifest: Manifest
}

const EVERY_PACKAGE = null

/** Which of our packages the sources of a package may import. The arrows of docs/ARCHITECTURE.md. */
const PACKAGE_ARROWS: Readonly<Record<string, readonly string[] | typeof EVERY_PACKAGE>> = {
  '@carillon/protocol': [],
  '@carillon/store': ['@carillon/protocol'],
  '@carillon/server': ['@carillon/protocol', '@carillon/store'],
  '@carillon/client': ['@carillon/protocol'],
  '@carillon/testkit': ['@carillon/protocol', '@carillon/store', '@carillon/server', '@carillon/client'],
  '@carillon/bench': [
    '@carillon/protocol',
    '@carillon/store',
    '@carillon/store-sqlite',
    '@carillon/server',
    '@carillon/client',
  ],
  '@carillon/faults': EVERY_PACKAGE,
  '@carillon/fuzz': EVERY_PACKAGE,
  '@carillon/survival': EVERY_PACKAGE,
  '@carillon/soak': EVERY_PACKAGE,
  '@carillon/checks': EVERY_PACKAGE,
}
const STORE_ARROWS = ['@carillon/protocol', '@carillon/store']

/** Which rings a ring may import. Files outside the rings (the index) may import all of their package. */
const RING_ARROWS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '@carillon/server': {
    rules: ['rules'],
    flows: ['rules', 'flows'],
    edge: ['rules', 'flows', 'edge'],
  },
  '@carillon/client': { rules: ['rules'], edge: ['rules', 'edge'] },
}

/** Rings in which nothing may happen by itself: what they need is handed to them. */
const PURE_RINGS: readonly string[] = ['rules', 'flows']
const IMPURE_NAMES = new Set([
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'crypto',
  'console',
  'process',
  'globalThis',
  'global',
  'window',
  'document',
  'navigator',
  'fetch',
  'require',
])
const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random'])

/** Packages whose sources run in browsers as they are. */
const BROWSER_SAFE: readonly string[] = ['@carillon/protocol', '@carillon/client']

/** Every arrow of one file that points where it must not, in words. */
export function violationsOf(owner: Checked, path: string, text: string): string[] {
  const source = parseSource(path, text)
  const found = [
    ...importsOf(source).flatMap((one) => {
      const why = one.from.startsWith('.') ? internal(owner, path, one) : external(owner, path, one)
      return why === undefined ? [] : [`${path}:${one.line} imports "${one.from}": ${why}`]
    }),
    ...(isPure(owner, path) ? impurities(source) : []),
  ]
  return found
}

function internal({ folder, manifest }: Checked, path: string, { from }: Import): string | undefined {
  const src = `${folder}/src`
  const target = posix.join(posix.dirname(path), from)
  if (!target.startsWith(`${src}/`)) return 'packages are imported by name, files of their own by path'
  if (!/\.ts$/.test(from)) return 'an import inside a package names the file, with its ending'
  if (posix.basename(from) === 'index.ts')
    return 'an import inside a package goes to the file, not to the index'
  const rings = RING_ARROWS[manifest.name]
  const ring = ringOf(src, path)
  const allowed = rings?.[ring]
  if (rings === undefined || ring === '') return undefined
  if (allowed === undefined) return `"${ring}" is no ring of ${manifest.name}`
  const aim = ringOf(src, target)
  return allowed.includes(aim)
    ? undefined
    : `${ring}/ may import ${allowed.map((name) => `${name}/`).join(', ')} only`
}

function external(owner: Checked, path: string, { from, isTypeOnly }: Import): string | undefined {
  const { name } = owner.manifest
  if (from.startsWith('node:')) {
    if (BROWSER_SAFE.includes(name)) return `${name} runs in browsers`
    return isPure(owner, path) && !isTypeOnly ? 'rules/ and flows/ reach nothing of Node' : undefined
  }
  const target = packageOf(from)
  if (isPure(owner, path) && /^socket\.io(-client)?$/.test(target))
    return 'rules/ and flows/ know no Socket.IO'
  if (target === name) return 'a package imports its own files by path'
  if (isOurs(target)) {
    const allowed = arrowsOf(owner)
    if (allowed === undefined) return `the table of arrows does not say what ${name} may import`
    if (allowed !== EVERY_PACKAGE && !allowed.includes(target)) return `${name} must not know ${target}`
  }
  return isDeclared(owner.manifest, target, isTypeOnly)
    ? undefined
    : `${name} does not declare it in its package.json`
}

function arrowsOf({
  folder,
  manifest: { name },
}: Checked): readonly string[] | typeof EVERY_PACKAGE | undefined {
  if (folder.startsWith('examples/')) return EVERY_PACKAGE
  if (name.startsWith('@carillon/store-')) return STORE_ARROWS
  return PACKAGE_ARROWS[name]
}

/** What is there at run time must be installed with the package; types alone may have been built in. */
function isDeclared(manifest: Manifest, target: string, isTypeOnly: boolean): boolean {
  const { dependencies, peerDependencies, devDependencies } = manifest
  const mayBeForDevelopment = isTypeOnly || manifest.private === true
  const declared = { ...dependencies, ...peerDependencies, ...(mayBeForDevelopment ? devDependencies : {}) }
  return Object.hasOwn(declared, target)
}

function impurities(source: Source): string[] {
  const found: string[] = []
  const note = (node: ts.Node, what: string): void => {
    found.push(
      `${source.path}:${lineOf(source, node)} uses ${what}: rules/ and flows/ are handed what they need`,
    )
  }
  for (const { name, node } of globalsUsedIn(source)) if (IMPURE_NAMES.has(name)) note(node, name)
  walk(source.tree, (node) => {
    if (ts.isPropertyAccessExpression(node) && IMPURE_MEMBERS.has(node.getText(source.tree))) {
      note(node, node.getText(source.tree))
    }
    const isDate = (ts.isNewExpression(node) || ts.isCallExpression(node)) && isNamed(node.expression, 'Date')
    if (isDate && (ts.isCallExpression(node) || (node.arguments ?? []).length === 0)) note(node, 'the clock')
  })
  return found
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name
}

function isPure({ folder, manifest }: Checked, path: string): boolean {
  return RING_ARROWS[manifest.name] !== undefined && PURE_RINGS.includes(ringOf(`${folder}/src`, path))
}

/** The folder below `src`, empty for a file that lies in `src` itself. */
function ringOf(src: string, path: string): string {
  const inside = path.slice(src.length + 1)
  return inside.includes('/') ? (inside.split('/')[0] ?? '') : ''
}

function packageOf(from: string): string {
  const parts = from.split('/')
  return parts.slice(0, from.startsWith('@') ? 2 : 1).join('/')
}

function isOurs(target: string): boolean {
  return target.startsWith('@carillon/') || target.startsWith('@carillon-examples/')
}
