import { isPlainObject, type NotificationInput, type NotificationSent } from '@carillon/protocol'
import { seed } from '@carillon/testkit'
import fc from 'fast-check'
import type { Socket } from 'socket.io-client'
import { vi } from 'vitest'
import { connectNotifications, isNotificationsError } from '../src/index.ts'

/** What the server makes of one send, and whether its answer is on its way at once. */
export type Verdict =
  | 'stored'
  /** Stored, and the answer waits; a cut loses it. */
  | 'stored, answer late'
  | 'not now'
  | 'unsure, stored'
  | 'unsure, not stored'
  | 'never'

export type Step =
  | { readonly kind: 'send'; readonly channel: number; readonly timeoutMs: number }
  | { readonly kind: 'abort'; readonly call: number }
  | { readonly kind: 'serve'; readonly channel: number; readonly verdict: Verdict }
  | { readonly kind: 'answer' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'connect' }
  /** @param processed how many sends of each channel the server still handles, with nobody to tell */
  | { readonly kind: 'cut'; readonly processed: number }

interface Call {
  readonly channel: string
  readonly title: string
  readonly abort: () => void
  fate: { readonly sent: NotificationSent } | { readonly outcome: string | undefined } | null
}

interface Frame {
  readonly input: NotificationInput
  readonly ack: (answer: object) => void
}

const CHANNELS = ['a', 'b', 'c']

const channel = fc.nat({ max: CHANNELS.length - 1 })
const verdicts = fc.constantFrom<Verdict>(
  'stored',
  'stored',
  'stored, answer late',
  'not now',
  'not now',
  'unsure, stored',
  'unsure, not stored',
  'never',
)
const send = fc.record({
  kind: fc.constant('send' as const),
  channel,
  timeoutMs: fc.constantFrom(300, 4_000, 30_000),
})
const serve = fc.record({ kind: fc.constant('serve' as const), channel, verdict: verdicts })
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: send, weight: 6 },
  { arbitrary: serve, weight: 8 },
  { arbitrary: fc.record({ kind: fc.constant('answer' as const) }), weight: 2 },
  {
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(50, 700, 2_500) }),
    weight: 3,
  },
  { arbitrary: fc.record({ kind: fc.constant('connect' as const) }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('cut' as const), processed: fc.nat({ max: 3 }) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('abort' as const), call: fc.nat({ max: 20 }) }), weight: 1 },
)

/**
 * A server that keeps the order of each channel and knows keys, as the real one, and a connection without a network.
 * One thing it does not do: refuse for now on a connection that breaks before it could say so, with a later send
 * stored already. That no client can know.
 */
function createServer() {
  const logs = new Map<string, { readonly key: string; readonly title: string }[]>()
  const lanes = new Map<string, Frame[]>()
  let late: (() => void)[] = []

  function store({ channel, title, idempotencyKey }: NotificationInput): object {
    const log = logs.get(String(channel)) ?? []
    logs.set(String(channel), log)
    const known = log.findIndex(({ key }) => key === idempotencyKey)
    if (known === -1) log.push({ key: String(idempotencyKey), title })
    const offset = known === -1 ? log.length : known + 1
    return { ok: true, stream: `c:${channel}`, epoch: 'e', offset, duplicate: known !== -1 }
  }
  function refusal(code: string, retryable: boolean, details: readonly object[]): object {
    return { ok: false, code, errors: [code], retryable, details }
  }
  function unsure(outcome: 'unknown' | 'refused'): object {
    const code = 'store-unavailable'
    return refusal(code, true, [{ code, outcome }])
  }

  function answerTo(input: NotificationInput, verdict: Exclude<Verdict, 'stored, answer late'>): object {
    switch (verdict) {
      case 'stored':
        return store(input)
      case 'not now':
        return unsure('refused')
      case 'unsure, stored':
        store(input)
        return unsure('unknown')
      case 'unsure, not stored':
        return unsure('unknown')
      case 'never':
        return refusal('rejected', false, [])
    }
  }

  return {
    logs,
    receive(frame: Frame): void {
      const name = String(frame.input.channel)
      const lane = lanes.get(name) ?? []
      lanes.set(name, lane)
      lane.push(frame)
    },
    serve(name: string, verdict: Verdict): void {
      const frame = lanes.get(name)?.shift()
      if (frame === undefined) return
      const { input, ack } = frame
      if (verdict === 'stored, answer late') {
        const answer = store(input)
        late.push(() => ack(answer))
      } else ack(answerTo(input, verdict))
    },
    answer(): void {
      const acks = late
      late = []
      for (const ack of acks) ack()
    },
    cut(processed: number): void {
      for (const lane of lanes.values()) for (const { input } of lane.slice(0, processed)) store(input)
      lanes.clear()
      late = []
    },
  }
}

/** As much of a socket as the client asks for. */
function createSocket(server: ReturnType<typeof createServer>) {
  const listeners = new Map<string, ((...args: unknown[]) => void)[]>()
  let connection = 0
  const tell = (event: string, ...args: unknown[]): void => {
    for (const listener of listeners.get(event) ?? []) listener(...args)
  }
  const socket = {
    connected: false,
    active: true,
    auth: {},
    nsp: '/',
    io: { on: () => undefined, off: () => undefined, reconnection: () => true, opts: {}, uri: 'memory' },
    on: (event: string, listener: () => void) =>
      listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: () => undefined,
    connect: () => undefined,
    sendBuffer: [],
    emit(_event: string, input: NotificationInput, ack: (answer: object) => void) {
      const mine = connection
      server.receive({ input, ack: (answer) => mine === connection && socket.connected && ack(answer) })
    },
  }
  return {
    socket,
    connect(): void {
      if (socket.connected) return
      socket.connected = true
      // The handshake, as it goes over the wire.
      const auth: unknown = JSON.parse(JSON.stringify(socket.auth))
      if (!isPlainObject(auth) || auth.notifications === undefined) throw new Error('no handshake of ours')
      tell('connect')
      const streams = {}
      tell('connection-confirmed', { userId: null, pendingCount: 0, hasMore: false, streams, limits: {} })
    },
    cut(): void {
      if (!socket.connected) return
      socket.connected = false
      connection += 1
      tell('disconnect', 'transport close')
    },
  }
}

async function play(steps: readonly Step[]): Promise<void> {
  const server = createServer()
  const wire = createSocket(server)
  // What the client needs of a socket is all there; the rest of the class is not.
  const client = connectNotifications(wire.socket as unknown as Socket, { storage: false })
  const calls: Call[] = []

  function call(channelName: string, timeoutMs: number): void {
    const controller = new AbortController()
    const title = `n${calls.length}`
    const made: Call = { channel: channelName, title, abort: () => controller.abort(), fate: null }
    calls.push(made)
    const input = { channel: channelName, title, message: 'm' }
    client.sendNotification(input, { timeoutMs, signal: controller.signal }).then(
      (sent) => {
        made.fate = { sent }
      },
      (error) => {
        made.fate = { outcome: isNotificationsError(error) ? error.outcome : String(error) }
      },
    )
  }

  async function take(next: Step): Promise<void> {
    if (next.kind === 'send') call(CHANNELS[next.channel] ?? 'a', next.timeoutMs)
    if (next.kind === 'abort') calls[next.call]?.abort()
    if (next.kind === 'serve') server.serve(CHANNELS[next.channel] ?? 'a', next.verdict)
    if (next.kind === 'answer') server.answer()
    if (next.kind === 'connect') wire.connect()
    if (next.kind === 'cut') {
      server.cut(next.processed)
      wire.cut()
    }
    await vi.advanceTimersByTimeAsync(next.kind === 'wait' ? next.ms : 0)
  }

  for (const next of steps) await take(next)
  // All is well from now on.
  wire.connect()
  for (let round = 0; round < 200 && calls.some(({ fate }) => fate === null); round++) {
    for (const name of CHANNELS) server.serve(name, 'stored')
    server.answer()
    await vi.advanceTimersByTimeAsync(500)
  }
  check(calls, server.logs)
  client.close()
}

function check(calls: readonly Call[], logs: ReturnType<typeof createServer>['logs']): void {
  for (const { channel: name, title, fate } of calls) {
    const log = logs.get(name) ?? []
    const places = log.flatMap((item, at) => (item.title === title ? [at + 1] : []))
    if (fate === null) throw new Error(`[CL4] ${title} was left hanging`)
    if (places.length > 1) throw new Error(`[G4] ${title} is there ${places.length} times`)
    if ('sent' in fate) {
      if (places[0] !== fate.sent.offset) throw new Error(`[G4] ${title} is not where its receipt says`)
    } else if (places.length > 0 && fate.outcome !== 'unknown') {
      throw new Error(`[CL3] ${title} was said to be ${fate.outcome}, and is there`)
    }
  }
  for (const [name, log] of logs) {
    const numbers = log.map(({ title }) => Number(title.slice(1)))
    const sorted = [...numbers].sort((one, other) => one - other)
    if (numbers.join() !== sorted.join()) throw new Error(`[CL4] ${name} is out of order: ${numbers.join()}`)
  }
}

/** Plays random days of an outbox; rejects with the first that breaks a rule. */
export async function checkOutbox(numRuns: number): Promise<void> {
  vi.useFakeTimers()
  try {
    const steps = fc.array(step, { minLength: 5, maxLength: 60 })
    await fc.assert(fc.asyncProperty(steps, play), { numRuns, seed: seed(), includeErrorInReport: true })
  } finally {
    vi.useRealTimers()
  }
}
