import type { ChannelJoined, NotificationReceived } from '@carillon/protocol'
import { type EventLog, until } from '@carillon/testkit'

/** What a join brought: its confirmation, and the notifications of the channel that came after it. */
export interface Joined {
  readonly joined: ChannelJoined
  readonly items: readonly NotificationReceived[]
  readonly titles: readonly string[]
}

/** Reads the last join out of what a client recorded. */
export function lastJoin(client: EventLog, channel: string): Joined {
  const at = client.records.findLastIndex(
    ({ event, args }) => event === 'channel-joined' && of(args, channel),
  )
  const joined = client
    .all('channel-joined')
    .filter((payload) => payload.channel === channel)
    .at(-1)
  if (at === -1 || joined === undefined) throw new Error(`"${channel}" was not joined`)
  const before = client.records.slice(0, at).filter(({ event }) => event === 'notification-received').length
  const items = client
    .all('notification-received')
    .slice(before)
    .filter((item) => item.channel === channel)
  return { joined, items, titles: items.map(({ title }) => title) }
}

/** Joins and waits until everything that was missed up to the cut has arrived. */
export async function join(
  client: EventLog & { emit(event: string, ...args: unknown[]): void; settle(): Promise<void> },
  channel: string,
): Promise<Joined> {
  const before = client.all('channel-joined').length
  client.emit('join-channel', channel)
  await until(() => client.all('channel-joined').length > before, `"${channel}" joined`)
  await until(
    () => lastJoin(client, channel).items.length >= lastJoin(client, channel).joined.pendingCount,
    'all of it',
  )
  await client.settle()
  return lastJoin(client, channel)
}

/** The numbers from the first to the last. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n)
}

function of(args: readonly unknown[], channel: string): boolean {
  return Object(args[0]).channel === channel
}
