import { channelStream } from '@carillon/protocol'
import { connectStock } from '@carillon/testkit'
import type { Send, Wait } from '../history.ts'

/** A stock client that asks while a store is away, and tells what it was answered and when. */
export interface Witness {
  /** Waits for an answer of any kind. */
  send(channel: string, size?: number): Promise<Told>
  join(channel: string): Promise<Told>
  ask(event: string, ...args: readonly unknown[]): Promise<Told>
  close(): void
}

export interface Told {
  readonly ms: number
  /** `null` when there was no answer in time. */
  readonly answer: Answer | null
}

export interface Answer {
  readonly ok: boolean
  readonly retryable?: boolean
  readonly code?: string
  readonly outcome?: string
}

const LIMIT_MS = 60_000

/**
 * @param user `null` for a guest
 * @param sends what it sends is noted here
 */
export async function callWitness(url: string, user: string | null, sends: Send[]): Promise<Witness> {
  const name = user ?? 'guest'
  const client = connectStock(url, {
    name,
    limitMs: LIMIT_MS,
    transports: ['websocket'],
    auth: user === null ? {} : { user_id: user },
    reconnectionDelayMax: 100,
  })
  await client.next('connection-confirmed')
  let count = 0

  async function ask(event: string, ...args: readonly unknown[]): Promise<Told> {
    const began = performance.now()
    const given = await client.ask(event, ...args).catch(() => null)
    return { ms: performance.now() - began, answer: answerOf(given) }
  }
  return {
    ask,
    join: (channel) => ask('join-channel', channel),
    async send(channel, size = 1) {
      const key = `${name}-${++count}`
      const notification = {
        channel,
        title: key,
        message: 'm'.repeat(size),
        data: { key },
        idempotencyKey: key,
      }
      const told = await ask('send-notification', notification)
      // Nobody asks again under this key: whether it is stored stays open unless it was surely refused.
      const isRefused = told.answer?.ok === false && told.answer.outcome !== 'unknown'
      sends.push({
        sender: name,
        stream: channelStream(channel),
        key,
        outcome: { kind: isRefused ? 'refused' : 'unknown' },
      })
      return told
    },
    close: () => client.close(),
  }
}

/** Whether somebody was told in time what had to be told. [I6] */
export function waitFor(
  what: string,
  { ms, answer }: Told,
  limitMs: number,
  fits: (answer: Answer) => boolean,
): Wait {
  if (answer !== null && fits(answer)) return { what, ms, limitMs }
  return { what: `${what}, instead of ${JSON.stringify(answer)}`, ms: null, limitMs }
}

export function isFine({ ok }: Answer): boolean {
  return ok
}

/** It failed for now: the same may be asked again. */
export function isForNow({ ok, retryable }: Answer): boolean {
  return !ok && retryable === true
}

function answerOf(given: unknown): Answer | null {
  if (typeof given !== 'object' || given === null) return null
  const { ok, retryable, code, details }: Readonly<Record<string, unknown>> = { ...given }
  const [detail] = Array.isArray(details) ? details : []
  const outcome: unknown = Object(detail).outcome
  return {
    ok: ok === true,
    retryable: retryable === true,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof outcome === 'string' ? { outcome } : {}),
  }
}
