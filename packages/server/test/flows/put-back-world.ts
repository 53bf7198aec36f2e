/* What the tests of a log that was put back have in common. */
import {
  type AppendOutcome,
  createMemoryStore,
  type NewEntry,
  type News,
  type NotificationStore,
  type StreamKey,
} from '@carillon/store'
import { turns } from '@carillon/testkit'
import { createBackupStore } from './put-back.ts'
import {
  ClientEvent,
  createWorld,
  type Frame,
  notifications,
  ServerEvent,
  type TestPeer,
  type World,
  type WorldOptions,
} from './world.ts'

export const DEVOPS = { scope: '/', kind: 'channel', name: 'devops' } as const
export const OWN = { scope: '/', kind: 'user', name: 'alice' } as const
export const BROADCASTS = { scope: '/', kind: 'broadcast', name: '' } as const
const CONTENT = { type: 'info', title: 'elsewhere', message: 'm', data: null, sender: 'Bob' } as const
export const V2 = { notifications: { version: 2 } }

/** A world on a store that can be put back, and that a test may spoil. */
export function worldOf(
  options: WorldOptions = {},
  spoil = (store: NotificationStore): NotificationStore => store,
) {
  const store = createBackupStore(createMemoryStore())
  const world = createWorld({ ...options, store: () => spoil(store) })
  return { world, store }
}

let count = 0

/** Another node appends: the news of it, which the test may tell or not. */
export async function elsewhere(store: NotificationStore, stream: StreamKey, items: number): Promise<News[]> {
  const entries = Array.from({ length: items }, (): NewEntry => {
    const id = `elsewhere-${++count}`
    const content = { ...CONTENT, title: id }
    return { stream, id, content, bytes: 1, ttlMs: null, sender: 'bob', key: id, hash: '' }
  })
  const outcomes = await store.append(entries)
  return outcomes.map((it, at) => {
    if (it.outcome !== 'written') throw new Error('not written')
    const { epoch, id, offset, timestamp, expiresAt } = it
    const content = entries[at]?.content ?? CONTENT
    return { stream, epoch, head: offset, item: { id, offset, timestamp, expiresAt, content } }
  })
}

export async function settle(world: World, rounds = 8): Promise<void> {
  for (let n = 0; n < rounds; n++) {
    world.time.advance(250)
    await turns(2)
  }
}

export const titles = ({ frames }: TestPeer, stream = 'c:devops'): string[] =>
  notifications(frames, stream).map(({ title }) => title)
export const resets = (frames: readonly Frame[]) =>
  frames.filter(({ event }) => event === ServerEvent.StreamReset).map(({ payload }) => payload)
export const idsOf = (news: readonly News[]): string[] => news.map(({ item }) => item?.id ?? '')
export const TEN = Array.from({ length: 10 }, (_, n) => `${n + 1}`)

/** Sends at once, as a client does that has much to say. */
export async function burst(
  world: World,
  session: Parameters<World['request']>[0],
  names: readonly string[],
  to: object = { channel: 'devops' },
) {
  for (const title of names) {
    world.request(session, ClientEvent.SendNotification, { ...to, title, message: 'm' })
  }
  await turns()
}

/** One stock and one v2 member, who have had ten notifications, each of a moment of its own. */
export async function ten(
  options: WorldOptions = {},
  spoil?: (store: NotificationStore) => NotificationStore,
) {
  const { world, store } = worldOf(options, spoil)
  const one = world.connect({ user_id: 'alice' })
  const two = world.connect({ user_id: 'bob', ...V2 })
  for (const { session } of [one, two]) world.request(session, ClientEvent.JoinChannel, 'devops')
  await turns()
  for (const title of TEN) {
    await burst(world, one.session, [title])
    world.time.advance(250)
    await turns()
  }
  return { world, store, one, two }
}

export const refused = (): AppendOutcome => ({ outcome: 'refused', cause: new Error('down') })

/** The ten on a store, or on what is made of it, that is away until told otherwise. */
export async function withOutages(instead?: (real: NotificationStore) => NotificationStore) {
  let isDown = false
  const ifUp = <T>(work: () => Promise<T>): Promise<T> =>
    isDown ? Promise.reject(new Error('down')) : work()
  const played = await ten({}, (given) => {
    const real = instead?.(given) ?? given
    return {
      ...real,
      append: async (entries) => (isDown ? entries.map(refused) : await real.append(entries)),
      read: (stream, query) => ifUp(() => real.read(stream, query)),
      heads: (streams) => ifUp(() => real.heads(streams)),
    }
  })
  const set = (down: boolean): void => {
    isDown = down
  }
  return { ...played, set }
}
