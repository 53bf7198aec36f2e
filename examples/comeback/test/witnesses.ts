import { type ConnectOptions, connectNotifications } from '@carillon/client'
import { channelStream, type HistoryPage } from '@carillon/protocol'
import { connectStock } from '@carillon/testkit'

const CHANNEL = 'ticks'

const CONNECTION: ConnectOptions = {
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 20,
  reconnectionDelayMax: 100,
  storage: false,
}

/** Long enough for every time that the server is dead. */
const PATIENCE = { timeoutMs: 60_000 }

/** Where a notification is, and which of the sends it was. */
export interface Stored {
  readonly offset: number
  readonly key: string
}

export interface Reader {
  readonly seen: readonly Stored[]
  close(): void
}

/** A typed client that writes down what it is handed. */
export async function startReader(url: string): Promise<Reader> {
  const client = connectNotifications(url, { ...CONNECTION, auth: { user_id: 'reader' } })
  const seen: Stored[] = []
  client.on('notification', ({ offset, title }) => seen.push({ offset, key: title }))
  await client.joinChannel(CHANNEL, PATIENCE)
  return { seen, close: () => client.close() }
}

export interface Sender {
  /** What the server has confirmed. */
  readonly confirmed: readonly Stored[]
  /** Sends that did not end well. */
  readonly failures: readonly unknown[]
  /** Lets no more go out, and waits for those that are on their way. */
  end(): Promise<void>
}

/** Another typed client, that has a few sends on their way at all times. */
export function startSender(url: string): Sender {
  const client = connectNotifications(url, { ...CONNECTION, auth: { user_id: 'sender' } })
  const confirmed: Stored[] = []
  const failures: unknown[] = []
  let isOver = false
  let made = 0
  const send = async (): Promise<void> => {
    made += 1
    const key = `tick-${made}`
    try {
      const notification = { channel: CHANNEL, title: key, message: 'm', idempotencyKey: key }
      const { offset } = await client.sendNotification(notification, PATIENCE)
      confirmed.push({ offset, key })
    } catch (error) {
      failures.push(error)
    }
  }
  const lane = async (): Promise<void> => {
    while (!isOver) await send()
  }
  const lanes = Promise.all(Array.from({ length: 4 }, lane))
  return {
    confirmed,
    failures,
    async end() {
      isOver = true
      await lanes
      client.close()
    },
  }
}

/** What a client that was never here before, and knows nothing of Carillon, finds in the log. */
export async function readHistory(url: string): Promise<Stored[]> {
  const client = connectStock(url, { auth: { user_id: 'newcomer' } })
  try {
    await client.next('connection-confirmed')
    const stored: Stored[] = []
    for (let hasMore = true; hasMore; ) {
      const query = { stream: channelStream(CHANNEL), after: stored.at(-1)?.offset ?? 0, limit: 100 }
      const page = await client.ask('get-history', query)
      if (!isPage(page)) throw new Error(`no history: ${JSON.stringify(page)}`)
      stored.push(...page.items.map(({ offset, title }) => ({ offset, key: title })))
      hasMore = page.hasMore
    }
    return stored
  } finally {
    client.close()
  }
}

function isPage(answer: unknown): answer is HistoryPage {
  return typeof answer === 'object' && answer !== null && 'items' in answer
}

/** Everything that is wrong with what was seen, in words */
export function faultsOf(confirmed: readonly Stored[], found: readonly Stored[]): string[] {
  const places = new Map<string, number[]>()
  for (const { key, offset } of found) places.set(key, [...(places.get(key) ?? []), offset])
  return [
    ...confirmed.flatMap(({ key, offset }) =>
      places.get(key)?.includes(offset) === true
        ? []
        : [`${key} was confirmed at ${offset} and is not there`],
    ),
    ...[...places].flatMap(([key, offsets]) =>
      offsets.length === 1 ? [] : [`${key} is there at ${offsets}`],
    ),
    ...found.flatMap(({ offset }, at) => {
      const before = found[at - 1]?.offset ?? 0
      return offset === before + 1 ? [] : [`${offset} follows ${before}`]
    }),
  ]
}
