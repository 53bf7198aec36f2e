import { describe, expect, test } from 'vitest'
import { type Checked, violationsOf } from '../src/arrows.ts'
import { filesBelow, isTypeScript, read, workspacePackages } from '../src/repository.ts'

const packages = workspacePackages()

const named = (name: string): Checked => {
  const found = packages.find(({ manifest }) => manifest.name === name)
  if (found === undefined) throw new Error(`no package ${name}`)
  return found
}

test.each(packages)('[A1] the imports of $folder point only where they may', (owner) => {
  const files = filesBelow(owner.folder).filter((path) => path.startsWith(`${owner.folder}/src/`))
  const violations = files.filter(isTypeScript).flatMap((path) => violationsOf(owner, path, read(path)))
  expect(violations).toEqual([])
})

describe('[A2] a planted arrow is found:', () => {
  const planted: [owner: string, file: string, text: string, said: RegExp][] = [
    [
      'protocol',
      'parse.ts',
      `import { x } from '@carillon/store'`,
      /protocol must not know @carillon\/store/,
    ],
    ['protocol', 'parse.ts', `export * from '@carillon/server'`, /must not know @carillon\/server/],
    ['protocol', 'parse.ts', `import { readFileSync } from 'node:fs'`, /runs in browsers/],
    ['store', 'port.ts', `import type { X } from '@carillon/server'`, /must not know @carillon\/server/],
    ['client', 'edge/a.ts', `const x = await import('@carillon/server')`, /must not know @carillon\/server/],
    ['client', 'edge/a.ts', `let x: import('@carillon/store').Item`, /must not know @carillon\/store/],
    ['client', 'rules/a.ts', `import { x } from '../edge/client.ts'`, /rules\/ may import rules\/ only/],
    ['client', 'rules/a.ts', `import type { Socket } from 'socket.io-client'`, /know no Socket\.IO/],
    ['server', 'rules/a.ts', `import { x } from '../flows/send.ts'`, /rules\/ may import rules\/ only/],
    [
      'server',
      'flows/a.ts',
      `import type { X } from '../edge/log.ts'`,
      /flows\/ may import rules\/, flows\/ only/,
    ],
    ['server', 'flows/a.ts', `import type { Socket } from 'socket.io'`, /know no Socket\.IO/],
    ['server', 'flows/a.ts', `import { createHash } from 'node:crypto'`, /reach nothing of Node/],
    ['server', 'helpers/a.ts', `import { x } from '../rules/tail.ts'`, /"helpers" is no ring/],
    ['server', 'edge/a.ts', `import { x } from '@carillon/testkit'`, /must not know @carillon\/testkit/],
    ['server', 'edge/a.ts', `import express from 'express'`, /does not declare it/],
    ['server', 'edge/a.ts', `import TypedEmitter from 'typed-emitter'`, /does not declare it/],
    ['server', 'edge/a.ts', `import { x } from '../index.ts'`, /goes to the file, not to the index/],
    ['server', 'edge/a.ts', `import { x } from './attach'`, /names the file, with its ending/],
    [
      'server',
      'edge/a.ts',
      `import { x } from '../../../store/src/port.ts'`,
      /packages are imported by name/,
    ],
    ['server', 'edge/a.ts', `import { x } from '../../test/rules/items.ts'`, /packages are imported by name/],
    ['server', 'edge/a.ts', `import { x } from '@carillon/server'`, /its own files by path/],
    ['server', 'edge/a.ts', 'await import(name)', /imports "\(computed\)"/],
    ['testkit', 'a.ts', `import { x } from '@carillon/bench'`, /must not know @carillon\/bench/],
    ['server', 'flows/a.ts', 'const now = Date.now()', /uses Date\.now/],
    ['server', 'flows/a.ts', 'const now = new Date()', /uses the clock/],
    ['server', 'rules/a.ts', 'const now = performance.now()', /uses performance/],
    ['server', 'rules/a.ts', 'const id = Math.random()', /uses Math\.random/],
    ['server', 'rules/a.ts', 'const id = crypto.randomUUID()', /uses crypto/],
    ['server', 'flows/a.ts', 'setTimeout(() => {}, 1)', /uses setTimeout/],
    ['server', 'flows/a.ts', 'const later = { queueMicrotask }', /uses queueMicrotask/],
    ['server', 'flows/a.ts', 'if (x) console.log(x)', /uses console/],
    ['client', 'rules/a.ts', 'const { env } = process', /uses process/],
    ['client', 'rules/a.ts', 'globalThis.setTimeout(x)', /uses globalThis/],
  ]

  test.each(planted)('%s/src/%s: %s', (name, file, text, said) => {
    const owner = named(`@carillon/${name}`)
    const violations = violationsOf(owner, `${owner.folder}/src/${file}`, text)
    expect(violations).toHaveLength(1)
    expect(violations[0]).toMatch(said)
  })

  test('a package that the table does not know', () => {
    const owner = { folder: 'packages/new', manifest: { name: '@carillon/new' } }
    const violations = violationsOf(owner, 'packages/new/src/a.ts', `import { x } from '@carillon/protocol'`)
    expect(violations[0]).toMatch(/the table of arrows does not say/)
  })
})

test.each([
  ['server', 'rules/a.ts', `import type { Item } from '@carillon/store'`],
  ['server', 'flows/a.ts', `import { isoTime } from '../rules/payloads.ts'\nconst t = isoTime(clock.time())`],
  ['server', 'flows/a.ts', `import type { EventEmitter } from 'node:events'`],
  ['server', 'edge/a.ts', `import { send } from '../flows/send.ts'\nimport { Socket } from 'socket.io'`],
  ['server', 'edge/a.ts', `import type TypedEmitter from 'typed-emitter'`],
  ['server', 'rules/a.ts', 'const text = new Date(time).toISOString()'],
  ['server', 'flows/a.ts', 'interface Clock { setTimeout: () => void }\nconst x = core.performance'],
])('[A2] what is allowed stays quiet: %s/src/%s', (name, file, text) => {
  const owner = named(`@carillon/${name}`)
  expect(violationsOf(owner, `${owner.folder}/src/${file}`, text)).toEqual([])
})
