import { connectStock, type StockClient } from '@carillon/testkit'
import { type RunningExample, startExample } from '@carillon/testkit/examples'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { signIn, type Visitor } from './visitors.ts'

/** A process that starts and passwords that are slow to check, where many tests run at once. */
const PATIENCE_MS = 60_000
const SECRET = 'the tests know it, and nobody else does'

/** Claims of every token, as the example signs them. */
export const STANDARD = { iss: 'carillon-example-tokens', aud: 'notifications' }
export const OVER = { iat: 1_700_000_000, exp: 1_700_000_060 }
export const KEY = new TextEncoder().encode(SECRET)
export const OTHER_KEY = new TextEncoder().encode('another key, that is as long as ours')

/** The example while it runs, and two who have signed in there. */
export interface Shop {
  readonly example: RunningExample
  readonly url: string
  readonly alice: Visitor
  readonly bruno: Visitor
  /** A stock client that says this and nothing else in its `auth`. */
  connect(token: unknown, name?: string): StockClient
  /** Connected as somebody and in some channels. */
  enter(visitor: Visitor, ...channels: string[]): Promise<StockClient>
  /** Closed when the test ends. */
  closeLater(close: () => unknown): void
}

/** Starts the example for a file of tests. */
export function useShop(): Shop {
  let started: Pick<Shop, 'example' | 'alice' | 'bruno'> | undefined
  const closing: (() => unknown)[] = []

  beforeAll(async () => {
    const example = await startExample(import.meta.url, { TOKEN_SECRET: SECRET })
    const [alice, bruno] = await Promise.all([signIn(example.url, 'alice'), signIn(example.url, 'bruno')])
    started = { example, alice, bruno }
  }, PATIENCE_MS)

  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })

  afterAll(() => started?.example.stop())

  function running() {
    if (started === undefined) throw new Error('the example has not started')
    return started
  }

  function connect(token: unknown, name = 'client'): StockClient {
    const client = connectStock(running().example.url, { name, reconnection: false, auth: { token } })
    closing.push(client.close)
    return client
  }

  async function enter(visitor: Visitor, ...channels: string[]): Promise<StockClient> {
    const client = connect(await visitor.token(), visitor.name)
    await client.next('connection-confirmed')
    for (const channel of channels) {
      expect(await client.ask('join-channel', channel)).toMatchObject({ ok: true })
    }
    return client
  }

  return {
    get example() {
      return running().example
    },
    get url() {
      return running().example.url
    },
    get alice() {
      return running().alice
    },
    get bruno() {
      return running().bruno
    },
    connect,
    enter,
    closeLater: (close) => closing.push(close),
  }
}

/** Signed as the server does it, but for what is changed; `undefined` leaves a claim out. */
export function signed(
  { name, session }: Visitor,
  changes: object = {},
  { secret = KEY, header = {} }: { secret?: Uint8Array; header?: object } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: name, name, role: 'customer', sid: session, iat: now, exp: now + 60 }
  return new SignJWT({ ...claims, ...STANDARD, ...changes })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
    .sign(secret)
}
