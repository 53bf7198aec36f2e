/*
 * What a host may narrow, and what it is told at the start.
 * Ids: G7, S08, S17, S24, S34, S42
 */
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  attachNotifications,
  DEFAULTS,
  NotificationsError,
  type NotificationsOptions,
} from '../../src/index.ts'
import { as, note, raw, stage, stock } from './stage.ts'

afterEach(() => vi.unstubAllEnvs())

describe('limits that are narrowed', () => {
  const limits = {
    channelNameBytes: 8,
    titleLength: 5,
    messageLength: 20,
    dataBytes: 100,
    dataDepth: 2,
    dataKeys: 4,
    ttlSeconds: 60,
    historyItems: 3,
  }
  const send = { title: 'short', message: 'short' }
  const cases: [string, object, object][] = [
    ['channel', { channel: 'é'.repeat(5) }, { code: 'field-too-long', max: 8, unit: 'bytes' }],
    ['title', { title: 'longer' }, { code: 'field-too-long', max: 5, unit: 'characters' }],
    ['message', { message: 'x'.repeat(21) }, { code: 'field-too-long', max: 20, unit: 'characters' }],
    ['data', { data: { a: 'x'.repeat(100) } }, { code: 'too-large', max: 100 }],
    ['data', { data: { a: { b: {} } } }, { code: 'too-deep', max: 2 }],
    ['data', { data: { a: [1, 2, 3, 4] } }, { code: 'too-many-keys', max: 4 }],
    ['ttl', { ttl: 61 }, { code: 'field-range', min: 1, max: 60 }],
  ]

  test.each(cases)('[S24] %s is refused beyond the host’s own bound: %j', async (field, more, problem) => {
    const { url } = await stage({ limits })
    const client = stock(url, as('alice'))
    expect(await client.ask('send-notification', { ...send, ...more })).toMatchObject({
      ok: false,
      details: [{ field, ...problem }],
    })
    expect(await client.ask('send-notification', { ...send, channel: 'a' })).toMatchObject({ ok: true })
  })

  test('[S24] a page of history has as many as the host says', async () => {
    const { url, notifications } = await stage({ limits })
    for (let n = 0; n < 5; n++) await notifications.send(note('a', `${n}`))
    const client = stock(url, as('alice'))
    const page = await client.ask('get-history', { stream: 'c:a' })
    expect(Reflect.get(Object(page), 'items')).toHaveLength(3)
    expect(await client.ask('join-channel', 'a', { rewind: 100 })).toMatchObject({ pendingCount: 3 })
  })

  test.each(Object.keys(limits))('[S42] the protocol’s own bound of %s cannot be raised', async (name) => {
    const { io } = await stage({}, { on: (it) => it.of('/elsewhere') })
    const most = Number(Reflect.get(DEFAULTS.limits, name))
    const attach = () => attachNotifications(io, { limits: { [name]: most + 1 } })
    expect(attach).toThrow(NotificationsError)
    expect(attach).toThrow(`"limits.${name}" must be at most ${most}`)
  })

  test('[S42] they hold however large a frame the host lets in', async () => {
    const { url } = await stage({}, { ioOptions: { maxHttpBufferSize: 1e8 } })
    const client = raw(url, as('alice'))
    const large = await client.sendEventWithAck('send-notification', {
      ...send,
      message: 'x'.repeat(5_000_000),
    })
    expect(large).toMatchObject({ ok: false, code: 'field-too-long' })
  })
})

describe('channelPattern', () => {
  test('[S17] says what a channel may be called; leaving is always possible', async () => {
    const { url } = await stage({ channelPattern: /^[a-z]{1,5}$/g })
    const client = stock(url, as('alice'))
    const refused = { ok: false, details: [{ code: 'ill-formed', field: 'channel' }] }
    // A pattern with a memory must not forget every other time.
    for (let n = 0; n < 4; n++) expect(await client.ask('join-channel', 'abc')).toMatchObject({ ok: true })
    expect(await client.ask('join-channel', 'Abc')).toMatchObject(refused)
    expect(await client.ask('send-notification', note('abc1', 'a'))).toMatchObject(refused)
    expect(await client.ask('leave-channel', 'Abc')).toMatchObject({ ok: true })
  })
})

test('[G7] every bound is exported in one frozen object', () => {
  expect(Object.isFrozen(DEFAULTS)).toBe(true)
  for (const group of Object.values(DEFAULTS)) expect(Object.isFrozen(group)).toBe(true)
})

test('[G8] statistics that are off go to nobody by themselves', async () => {
  const { url } = await stage({ stats: false })
  const client = stock(url, as('alice'))
  expect(await client.ask('join-channel', 'a')).toMatchObject({ ok: true })
  expect(await client.ask('get-stats')).toMatchObject({ connectedClients: 1 })
  await client.settle()
  expect(client.all('server-stats')).toHaveLength(2)
})

describe('what is said at the start', () => {
  const said = async (options: NotificationsOptions): Promise<string[]> => {
    const lines: string[] = []
    const warn = (line: string) => lines.push(line)
    vi.stubEnv('NODE_ENV', 'production')
    await stage({ ...options, log: { info: () => undefined, warn, error: () => undefined } })
    return lines
  }
  const authenticate = () => ({ userId: 'alice' })

  test('[S05] in production, that everybody may do everything, unless it is meant', async () => {
    expect(await said({ authenticate })).toEqual([expect.stringContaining('give authorize or policies')])
    expect(await said({ authenticate, policies: {} })).toEqual([])
    expect(await said({ authenticate, authorize: () => true })).toEqual([])
    expect(await said({ authenticate, access: 'open' })).toEqual([])
  })

  test('[S23] that a proxy is in front whose clients are not counted, once', async () => {
    const lines: string[] = []
    const log = { info: () => undefined, warn: (line: string) => lines.push(line), error: () => undefined }
    const { url } = await stage({ log })
    for (let n = 0; n < 3; n++) {
      const client = raw(url, { headers: { 'x-forwarded-for': '203.0.113.7' } })
      await client.next('connection-confirmed')
      expect(await client.sendEventWithAck('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
    }
    expect(lines).toEqual([expect.stringContaining('give the option "address"')])
  })
})
