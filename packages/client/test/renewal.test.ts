import type { ClientEvent } from '@carillon/protocol'
import { until } from '@carillon/testkit'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createRenewal } from '../src/edge/renewal.ts'
import { createRequests } from '../src/edge/requests.ts'
import type { NotificationsError } from '../src/index.ts'
import { resolveOptions } from '../src/rules/options.ts'
import { clientOf, fakeServer, rejectionOf, statusIs } from './kit.ts'

interface Sent {
  readonly event: ClientEvent
  readonly args: readonly unknown[]
  readonly ack: (answer: object) => void
}

const OK = { ok: true, userId: 'alice' }
const refusal = (code: string, facts: object = {}) => ({
  ok: false,
  code,
  errors: [code],
  retryable: false,
  details: [],
  ...facts,
})
const NOT_NOW = refusal('hook-failed', { retryable: true })

/** A renewal in fake time, with a connection that records. */
function stage(auth: () => Promise<object> = async () => ({ token: 't' }), { isAskable = true } = {}) {
  const settings = resolveOptions({ timeoutMs: undefined, maxWaiting: undefined })
  const sent: Sent[] = []
  const problems: NotificationsError[] = []
  const asked = vi.fn(auth)
  const requests = createRequests(
    (event, args, ack) => void sent.push({ event, args, ack }),
    settings,
    () => ({ text: 'no answer' }),
  )
  const handshake = {
    isAskable: () => isAskable,
    ask: (done: (auth: unknown) => void, failed: (cause: unknown) => void) => void asked().then(done, failed),
  }
  const renewal = createRenewal(requests, handshake, settings, (problem) => problems.push(problem))
  requests.onReady()
  return { renewal, requests, sent, problems, asked, answer: (how: object) => sent.at(-1)?.ack(how) }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
})

test('[CL15] what the server accepts for a time is renewed before, again and again', async () => {
  const { renewal, sent, asked, answer, problems } = stage()
  renewal.onConfirmed(60_000)
  await pass(47_999)
  expect(asked).not.toHaveBeenCalled()
  await pass(1)
  expect(sent).toMatchObject([{ event: 'refresh-auth', args: [{ token: 't' }] }])
  answer({ ...OK, authExpiresInMs: 20_000 })
  await pass(15_000)
  expect(sent).toHaveLength(2)
  // From now on it holds for ever.
  answer(OK)
  await pass(10 * 24 * 3_600_000)
  expect([sent.length, problems]).toEqual([2, []])
})

test('[CL15] nothing is asked where nothing ends', async () => {
  const { renewal, asked } = stage()
  renewal.onConfirmed(undefined)
  await pass(10 * 24 * 3_600_000)
  expect(asked).not.toHaveBeenCalled()
})

test('[CL15] an object is not said again: nothing new would come of it', async () => {
  const { renewal, asked } = stage(undefined, { isAskable: false })
  renewal.onConfirmed(10_000)
  await pass(60_000)
  renewal.onWake()
  await pass(0)
  expect(asked).not.toHaveBeenCalled()
})

test('[CL15] the wait for a renewal keeps no process alive', () => {
  vi.useRealTimers()
  const timers = vi.spyOn(globalThis, 'setTimeout')
  onTestFinished(() => timers.mockRestore())
  const { renewal } = stage()
  renewal.onConfirmed(60_000)
  expect(timers.mock.results.map(({ value }) => value.hasRef())).toEqual([false])
  renewal.close()
})

test.each(['unauthenticated', 'token-expired', 'not-allowed'])(
  '[CL15] a renewal that is refused with %s is told, and not repeated',
  async (code) => {
    const { renewal, sent, answer, problems } = stage()
    renewal.onConfirmed(60_000)
    await pass(48_000)
    answer(refusal(code))
    await pass(60_000)
    renewal.onWake()
    await pass(60_000)
    expect(sent).toHaveLength(1)
    expect(problems).toMatchObject([{ code, outcome: 'refused', message: `refreshAuth: ${code}` }])
  },
)

test('[CL15] a renewal that is refused for now is tried again, and what comes of it holds', async () => {
  const { renewal, sent, answer, problems } = stage()
  renewal.onConfirmed(60_000)
  await pass(48_000)
  answer(NOT_NOW)
  await pass(1_000)
  expect(sent).toHaveLength(2)
  answer(refusal('too-many-requests', { retryable: true, retryAfterMs: 5_000 }))
  await pass(4_999)
  expect(sent).toHaveLength(2)
  await pass(1)
  expect(sent).toHaveLength(3)
  answer({ ...OK, authExpiresInMs: 60_000 })
  await pass(47_000)
  expect([sent.length, problems]).toEqual([3, []])
})

test('[CL15] when there is no time left the last refusal is told', async () => {
  const { renewal, sent, answer, problems } = stage()
  renewal.onConfirmed(10_000)
  for (let ms = 0; ms < 12_000; ms += 100) {
    await pass(100)
    answer(NOT_NOW)
  }
  expect(problems).toMatchObject([{ code: 'hook-failed', retryable: true }])
  // Five seconds in reserve: after 1 s, 2 s, half of what is left, …
  expect(sent.length).toBeGreaterThanOrEqual(4)
  expect(sent.length).toBeLessThanOrEqual(6)
})

test('[CL15] a wait that would be too long is none', async () => {
  const { renewal, sent, answer, problems } = stage()
  renewal.onConfirmed(10_000)
  await pass(5_000)
  answer(refusal('too-many-requests', { retryable: true, retryAfterMs: 30_000 }))
  await pass(60_000)
  expect([sent.length, problems.map(({ code }) => code)]).toEqual([1, ['too-many-requests']])
})

test('[CL15] a server that does not answer is asked again while there is time', async () => {
  const { renewal, sent, answer, problems } = stage()
  renewal.onConfirmed(60_000)
  await pass(48_000)
  // Half of what is left for the answer, then a pause.
  await pass(7_000)
  expect(sent).toHaveLength(2)
  answer({ ...OK, authExpiresInMs: 60_000 })
  await pass(1_000)
  expect(problems).toEqual([])
})

test.each([
  ['rejects', () => Promise.reject(new Error('no network')), 'auth-failed', /the "auth" function failed/],
  [
    'does not answer',
    () => new Promise<object>(() => undefined),
    'timeout',
    /the "auth" function gave no answer/,
  ],
])(
  '[CL15] an auth function that %s is asked again, told at the end, and ends nothing',
  async (_, auth, code, text) => {
    const { renewal, sent, asked, problems } = stage(auth)
    renewal.onConfirmed(10_000)
    await pass(60_000)
    expect(sent).toEqual([])
    expect(asked.mock.calls.length).toBeGreaterThan(1)
    expect(problems).toMatchObject([{ code, message: expect.stringMatching(text) }])
  },
)

test('[CL15] an answer that came too late is not the next one’s', async () => {
  const answers: ((auth: object) => void)[] = []
  const { renewal, sent } = stage(() => new Promise((resolve) => answers.push(resolve)))
  renewal.onConfirmed(20_000)
  await pass(60_000)
  const renewed = renewal.refresh(undefined, {}).catch(() => undefined)
  answers[0]?.({ token: 'old' })
  await pass(0)
  expect(sent).toEqual([])
  answers.at(-1)?.({ token: 'new' })
  await pass(0)
  expect(sent.map(({ args }) => args)).toEqual([[{ token: 'new' }]])
  renewal.close()
  await pass(60_000)
  await renewed
})

test('[CL15] a device that slept renews as soon as it is awake', async () => {
  const { renewal, sent, answer } = stage()
  renewal.onConfirmed(3_600_000)
  renewal.onWake()
  await pass(1_000)
  expect(sent).toEqual([])
  // The timers stood still meanwhile.
  vi.setSystemTime(Date.now() + 3_000_000)
  renewal.onWake()
  renewal.onWake()
  await pass(0)
  expect(sent).toHaveLength(1)
  answer({ ...OK, authExpiresInMs: 3_600_000 })
  await pass(2_879_000)
  expect(sent).toHaveLength(1)
})

test('[CL15] what is under way when the connection breaks is not said on the next one', async () => {
  const { renewal, requests, sent, problems } = stage()
  renewal.onConfirmed(10_000)
  await pass(5_000)
  expect(sent).toHaveLength(1)
  requests.onDropped(true)
  renewal.onDropped()
  requests.onReady()
  await pass(60_000)
  expect([sent.length, problems]).toEqual([1, []])
})

test('[CL15] [G9] after close() nothing is renewed, and whoever waits is told', async () => {
  const { renewal, requests, sent } = stage(() => new Promise(() => undefined))
  renewal.onConfirmed(10_000)
  const failed = rejectionOf(renewal.refresh(undefined, {}))
  requests.close()
  renewal.close()
  expect(await failed).toMatchObject({ code: 'closed', outcome: 'unsent' })
  expect(await rejectionOf(renewal.refresh({}, {}))).toMatchObject({ code: 'closed', outcome: 'unsent' })
  await pass(60_000)
  expect([sent, vi.getTimerCount()]).toEqual([[], 0])
})

test('[CL15] refreshAuth() asks the function, and says what it is given', async () => {
  vi.useRealTimers()
  const server = await fakeServer()
  server.facts = { authExpiresInMs: 60_000 }
  let count = 0
  const auth = async () => ({ user_id: 'alice', token: `t${++count}`, notifications: { version: 7 } })
  const client = clientOf(server.url, { auth })
  await statusIs(client, 'connected')
  const refreshed = await client.refreshAuth()
  expect(refreshed).toEqual({ userId: 'alice', authExpiresInMs: 60_000 })
  server.facts = {}
  expect(await client.refreshAuth({ user_id: 'alice', token: 'mine', username: null })).toEqual({
    userId: 'alice',
  })
  expect(server.argsOf('refresh-auth')).toEqual([
    [{ user_id: 'alice', token: 't2' }],
    [{ user_id: 'alice', token: 'mine', username: null }],
  ])
  server.script = (asked) => asked.refuse({ code: 'unauthenticated' })
  expect(await rejectionOf(client.refreshAuth())).toMatchObject({
    code: 'unauthenticated',
    outcome: 'refused',
  })
  server.script = () => undefined
  expect(await rejectionOf(client.refreshAuth({}, { timeoutMs: 20 }))).toMatchObject({ code: 'timeout' })
})

test('[CL15] refreshAuth() reads an object that is its owner’s to change', async () => {
  vi.useRealTimers()
  const server = await fakeServer()
  const auth = { user_id: 'alice', token: 'old' }
  const client = clientOf(server.url, { auth })
  await statusIs(client, 'connected')
  auth.token = 'new'
  await client.refreshAuth()
  expect(server.argsOf('refresh-auth')).toEqual([[{ user_id: 'alice', token: 'new' }]])
})

test('[CL11] refreshAuth() looks at what it is given', async () => {
  vi.useRealTimers()
  const client = clientOf('http://127.0.0.1:1', { autoConnect: false })
  for (const [auth, what] of [
    ['token', '"auth" must be an object, got a string'],
    [null, '"auth" must be an object, got null'],
    [{ user_id: 42 }, '"auth.user_id" must be a string, got a number'],
  ]) {
    const failed = await rejectionOf(client.refreshAuth(auth as never))
    expect(failed).toMatchObject({ code: 'bad-option', outcome: 'unsent', message: `refreshAuth: ${what}` })
  }
  expect(await rejectionOf(client.refreshAuth({}, { timeout: 1 } as never))).toMatchObject({
    code: 'bad-option',
  })
})

test('[CL15] a renewal that the connection broke off is left to the next handshake', async () => {
  vi.useRealTimers()
  const server = await fakeServer()
  server.facts = { authExpiresInMs: 1_000 }
  server.script = (asked) => asked.event !== 'refresh-auth' && asked.answer()
  const client = clientOf(server.url, { auth: () => ({ token: 't' }) })
  await until(() => server.argsOf('refresh-auth').length === 1, 'the renewal')
  server.facts = {}
  server.cut()
  await statusIs(client, 'reconnecting')
  await client.stats()
  expect(server.argsOf('refresh-auth')).toHaveLength(1)
})
