/*
 * What attachNotifications refuses, and how it says so. The messages are for a developer who reads them once.
 * Ids: A-OPTION, A-TWICE, A-ACCESS, A-SHARED, A-FIRST, A-LATE
 */

import type { NotificationStore } from '@carillon/store'
import { startServer, type TestServer, until } from '@carillon/testkit'
import { NodeClusterAdapter } from '@socket.io/cluster-adapter'
import type { Server } from 'socket.io'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  attachNotifications,
  createMemoryStore,
  NotificationsError,
  type NotificationsOptions,
} from '../../src/index.ts'
import { afterTest, note, stock } from './stage.ts'

let server: TestServer

beforeEach(async () => {
  server = await startServer()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
})

/** What a JavaScript developer may pass. */
function attach(options: unknown, io: unknown = server.io): NotificationsError | undefined {
  try {
    const handle = attachNotifications(io as Server, options as NotificationsOptions)
    afterTest(handle.close)
    return undefined
  } catch (error) {
    return error instanceof NotificationsError ? error : new NotificationsError('CLOSED', `threw ${error}`)
  }
}

const SILENT = { log: false } as const
const NAMES =
  'store, authenticate, authorize, validate, policies, visible, address, channelPattern, rates, kinds, access, locale, scope, limits, stats, serverName, log'

const A_STORE =
  'a store, with durability, append, read, heads, cursors, moveCursors, prune, clear, forget, close'

const SOME_KINDS = 'an object with a schema for each kind'
const A_SCHEMA = 'a schema that speaks Standard Schema, version 1'
const FINE_SCHEMA = { '~standard': { version: 1, vendor: 'test', validate: () => ({ value: {} }) } }

const BAD_OPTIONS: [string, unknown, string][] = [
  ['an unknown name', { autenticate: () => null }, `unknown option "autenticate"; the options are ${NAMES}`],
  ['no options at all', null, '"options" must be an object, got null'],
  ['a hook that is no function', { authorize: true }, '"authorize" must be a function, got true'],
  ['a path for a store', { store: 'notifications.db' }, `"store" must be ${A_STORE}, got "notifications.db"`],
  ['an empty store', { store: {} }, `"store" must be ${A_STORE}, got object`],
  ['no store', { store: null }, `"store" must be ${A_STORE}, got null`],
  ['kinds that are a list', { kinds: [] }, `"kinds" must be ${SOME_KINDS}, got array`],
  ['kinds that are a map', { kinds: new Map() }, `"kinds" must be ${SOME_KINDS}, got object`],
  ['a kind without a schema', { kinds: { order: undefined } }, `"kinds.order" must be ${A_SCHEMA}, got null`],
  [
    'a kind that is a function',
    { kinds: { order: () => true } },
    `"kinds.order" must be ${A_SCHEMA}, got function`,
  ],
  [
    'a schema of a later standard',
    { kinds: { order: { '~standard': { version: 2, validate: () => ({ value: {} }) } } } },
    `"kinds.order" must be ${A_SCHEMA}, got object`,
  ],
  [
    'a schema that cannot validate',
    { kinds: { fine: FINE_SCHEMA, order: { '~standard': { version: 1 } } } },
    `"kinds.order" must be ${A_SCHEMA}, got object`,
  ],
  ['a kind without a name', { kinds: { ' ': FINE_SCHEMA } }, '"kinds" must be named by text of 1 to 64'],
  ['an unknown language', { locale: 'de' }, `"locale" must be 'fr', 'en' or a catalogue, got "de"`],
  ['another access', { access: 'closed' }, `"access" must be 'open', got "closed"`],
  [
    'a log without methods',
    { log: {} },
    '"log" must be an object with info, warn and error, or false, got object',
  ],
  [
    'a log that is on',
    { log: true },
    '"log" must be an object with info, warn and error, or false, got true',
  ],
  ['a scope that is no text', { scope: 5 }, '"scope" must be a string, got 5'],
  ['limits that are no object', { limits: 100 }, '"limits" must be an object, got 100'],
  [
    'a limit of nothing',
    { limits: { pageItems: 0 } },
    '"limits.pageItems" must be a positive integer, got 0',
  ],
  ['half a limit', { limits: { pageItems: 1.5 } }, '"limits.pageItems" must be a positive integer, got 1.5'],
  [
    'a limit in words',
    { limits: { pageItems: '5' } },
    '"limits.pageItems" must be a positive integer, got "5"',
  ],
  [
    'no end',
    { limits: { pageItems: Infinity } },
    '"limits.pageItems" must be a positive integer, got Infinity',
  ],
  [
    'a misspelled pause',
    { stats: { interval: 5 } },
    'unknown option "stats.interval"; the options are minIntervalMs, perClientMs',
  ],
  [
    'a pause among limits',
    { limits: { minIntervalMs: 5 } },
    'unknown option "limits.minIntervalMs"; the options are ',
  ],
]

describe('options', () => {
  test.each(BAD_OPTIONS)('[A-OPTION] %s is named: field, expectation, what came', (_, options, sentence) => {
    const error = attach(options)
    expect(error?.message).toContain(`attachNotifications: ${sentence}`)
    expect(error?.code).toBe('BAD_OPTION')
    // Nothing of the failed attempt is left: the next one is welcome.
    expect(server.io.of('/').listenerCount('connection')).toBe(0)
    expect(attach(SILENT)).toBeUndefined()
  })

  test.each([undefined, null, 'http://localhost', 5, {}, []])('[A-FIRST] %j is no server', (io) => {
    const error = attach(SILENT, io ?? null)
    expect(error?.code).toBe('BAD_OPTION')
    expect(error?.message).toMatch(
      /^attachNotifications: the first argument must be a Socket.IO server or namespace, got \w+$/,
    )
  })

  test('[A-OPTION] what is undefined counts as absent', () => {
    const options = {
      ...SILENT,
      store: undefined,
      authorize: undefined,
      limits: { pageItems: undefined },
      stats: undefined,
    }
    expect(attach(options)).toBeUndefined()
  })
})

test('[A-TWICE] a namespace has notifications once, whether named or meant', () => {
  expect(attach(SILENT)).toBeUndefined()
  for (const io of [server.io, server.io.of('/'), server.io.sockets]) {
    const error = attach(SILENT, io)
    expect(error?.code).toBe('ALREADY_ATTACHED')
    expect(error?.message).toContain('"/"')
    expect(error?.message).toContain('close()')
  }
  expect(attach(SILENT, server.io.of('/other'))).toBeUndefined()
})

test('[A-ACCESS] production wants to know who may connect', () => {
  vi.stubEnv('NODE_ENV', 'production')
  const error = attach(SILENT)
  expect(error?.code).toBe('ACCESS_UNDECIDED')
  expect(error?.message).toContain('authenticate: (socket) => user')
  expect(error?.message).toContain("access: 'open'")
  expect(attach({ ...SILENT, access: 'open' })).toBeUndefined()
  expect(attach({ ...SILENT, authenticate: () => ({ userId: 'a' }) }, server.io.of('/a'))).toBeUndefined()
})

/** The adapter of a Node cluster, without the cluster: it tells nobody, but spans nodes by its class. */
class LonelyClusterAdapter extends NodeClusterAdapter {
  override doPublish(): Promise<string> {
    return Promise.resolve('')
  }
}

function useClusterAdapter(): void {
  const before = process.listeners('message')
  server.io.adapter(LonelyClusterAdapter)
  afterTest(() => {
    for (const listener of process.listeners('message'))
      if (!before.includes(listener)) process.off('message', listener)
  })
}

test('[A-SHARED] a store of one process under an adapter of several nodes is refused, with what to do', () => {
  useClusterAdapter()
  for (const options of [SILENT, { ...SILENT, store: createMemoryStore() }]) {
    const error = attach(options)
    expect(error?.code).toBe('STORE_NOT_SHARED')
    expect(error?.message).toMatch(/several nodes/)
    expect(error?.message).toMatch(/Give attachNotifications a shared store/)
  }
  expect(attach({ ...SILENT, store: { ...createMemoryStore(), shared: true } })).toBeUndefined()
})

test('[A-SHARED] an adapter that comes later is noticed at the first connection', async () => {
  const errors: string[] = []
  const log = { info() {}, warn() {}, error: (message: string) => errors.push(message) }
  expect(attach({ log })).toBeUndefined()
  useClusterAdapter()
  for (let n = 0; n < 2; n++) await stock(server.url).next('connection-confirmed')
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatch(/several nodes/)
})

test('[A-LATE] who is connected already is served too', async () => {
  const early = stock(server.url)
  await early.next('connect')
  expect(attach(SILENT)).toBeUndefined()
  await early.next('connection-confirmed')
  early.emit('send-notification', note(null, 'hello'))
  await early.next('notification-received')
})

test('[A-OPTION] the start-up says in one sentence what a confirmation survives', async () => {
  const said: string[] = []
  expect(
    attach({ log: { info: (message: string) => said.push(message), warn() {}, error() {} } }),
  ).toBeUndefined()
  await until(() => said.length > 0, 'the sentence')
  const { sentence } = await createMemoryStore().durability()
  expect(said).toEqual([sentence])
})

test('[A-OPTION] the start-up warns of settings that break the promise', async () => {
  const warned: string[] = []
  const store: NotificationStore = {
    ...createMemoryStore(),
    durability: async () => ({ level: 'none', sentence: 'Kept.', warnings: ['appendfsync is "no"'] }),
  }
  attach({ store, log: { info() {}, warn: (message: string) => warned.push(message), error() {} } })
  await until(() => warned.length > 0, 'the warning')
  expect(warned).toEqual(['appendfsync is "no"'])
})
