/*
 * A log that goes back to an earlier state under its epoch: a restored backup, a failover to a replica that was
 * late. What was lost is said, and what comes at offsets that were used before is delivered.
 */
import { RECOVERY_FAILURES } from '@carillon/protocol'
import type { NewEntry, NotificationStore } from '@carillon/store'
import { nextTurn } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { checkHeads, onNews } from '../../src/flows/news.ts'
import { type BackupStore, createBackupStore } from './put-back.ts'
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

const DEVOPS = { scope: '/', kind: 'channel', name: 'devops' } as const
const CONTENT = { type: 'info', title: 'elsewhere', message: 'm', data: null, sender: 'Bob' } as const
const V2 = { notifications: { version: 2 } }

interface Played {
  readonly world: World
  readonly store: BackupStore
  readonly stock: TestPeer
  readonly second: TestPeer
  send(title: string): Promise<void>
}

/** A stock and a v2 client, and ten notifications, each in a moment of its own, that both have had. */
async function play(
  options: WorldOptions = {},
  spoil = (store: NotificationStore): NotificationStore => store,
): Promise<Played> {
  let store: BackupStore | undefined
  const world = createWorld({
    ...options,
    store(real) {
      store = createBackupStore(real)
      return spoil(store)
    },
  })
  if (store === undefined) throw new Error('no store')
  const one = world.connect({ user_id: 'alice' })
  const two = world.connect({ user_id: 'bob', ...V2 })
  for (const { session } of [one, two]) world.request(session, ClientEvent.JoinChannel, 'devops')
  await nextTurn()
  const send = async (title: string): Promise<void> => {
    world.request(one.session, ClientEvent.SendNotification, { channel: 'devops', title, message: 'm' })
    await nextTurn()
    world.time.advance(250)
    await nextTurn()
    await nextTurn()
  }
  for (let n = 1; n <= 10; n++) await send(`${n}`)
  return { world, store, stock: one.peer, second: two.peer, send }
}

async function appendElsewhere(store: NotificationStore, count: number) {
  const entries = Array.from({ length: count }, (_, n): NewEntry => {
    const id = `elsewhere-${n}`
    return { stream: DEVOPS, id, content: CONTENT, bytes: 1, ttlMs: null, sender: 'bob', key: id, hash: '' }
  })
  const outcomes = await store.append(entries)
  return outcomes.map((it) => {
    if (it.outcome !== 'written') throw new Error('not written')
    const { epoch, id, offset, timestamp, expiresAt } = it
    const item = { id, offset, timestamp, expiresAt, content: CONTENT }
    return { stream: DEVOPS, epoch, head: offset, item }
  })
}

async function settle(world: World): Promise<void> {
  for (let n = 0; n < 6; n++) {
    world.time.advance(250)
    await nextTurn()
  }
}

const titles = ({ frames }: TestPeer): string[] => notifications(frames, 'c:devops').map(({ title }) => title)
const resets = (frames: readonly Frame[]) => frames.filter(({ event }) => event === ServerEvent.StreamReset)
const TEN = Array.from({ length: 10 }, (_, n) => `${n + 1}`)

function expectTold({ stock, second }: Played, reason: string): void {
  const [reset, ...more] = resets(second.frames)
  expect(reset?.payload).toMatchObject({ stream: 'c:devops', offset: 7, reason })
  expect(more).toEqual([])
  expect(resets(stock.frames)).toEqual([])
  const errors = stock.frames.filter(({ event }) => event === ServerEvent.ErrorMessage)
  expect(errors.map(({ payload }) => payload.code)).toEqual(['history-lost'])
}

describe('a log that was put back is found out', () => {
  test('[G5] by an own append at an offset that was used before; what was written is delivered', async () => {
    const played = await play()
    await played.store.putBack(DEVOPS, 7)
    await played.send('eight again')
    await settle(played.world)
    await played.send('nine again')
    expectTold(played, 'future')
    for (const peer of [played.stock, played.second]) {
      expect(titles(peer)).toEqual([...TEN, 'eight again', 'nine again'])
    }
  })

  test('[G5] by news of another node', async () => {
    const played = await play()
    await played.store.putBack(DEVOPS, 7)
    for (const news of await appendElsewhere(played.store, 2)) onNews(played.world.core, news)
    await settle(played.world)
    expectTold(played, 'future')
    expect(titles(played.second)).toEqual([...TEN, 'elsewhere', 'elsewhere'])
  })

  test('[G5] [P-RESET-LIVE] by the check of the heads, when nothing is sent at all', async () => {
    const played = await play()
    await played.store.putBack(DEVOPS, 7)
    await checkHeads(played.world.core)
    await settle(played.world)
    expectTold(played, 'future')
    expect(titles(played.stock)).toEqual(TEN)
    await played.send('eight again')
    expect(titles(played.stock)).toEqual([...TEN, 'eight again'])
  })

  test('[G5] by the id of the last one, when other nodes have passed it already', async () => {
    const played = await play()
    await played.store.putBack(DEVOPS, 7)
    const last = (await appendElsewhere(played.store, 5)).at(-1)
    if (last === undefined) throw new Error('nothing was appended')
    onNews(played.world.core, { ...last, item: null })
    await settle(played.world)
    expectTold(played, 'id-mismatch')
    expect(titles(played.second)).toEqual([...TEN, ...Array(5).fill('elsewhere')])
  })

  test('[G5] with a store that names no ids, what was written at old offsets would be missed', async () => {
    const played = await play({}, (store) => ({
      ...store,
      read: async (stream, query) => ({ ...(await store.read(stream, query)), idAt: null }),
    }))
    await played.store.putBack(DEVOPS, 7)
    const last = (await appendElsewhere(played.store, 5)).at(-1)
    if (last === undefined) throw new Error('nothing was appended')
    onNews(played.world.core, { ...last, item: null })
    await settle(played.world)
    expect(titles(played.second)).toEqual([...TEN, 'elsewhere', 'elsewhere'])
  })
})

test('[G1] a duplicate of something old is no reason to doubt the log', async () => {
  const played = await play()
  const read = await played.store.read(DEVOPS, { after: 0, limit: 10, maxBytes: 1_000_000 })
  for (const item of read.items) {
    onNews(played.world.core, { stream: DEVOPS, epoch: read.epoch, head: 10, item })
  }
  await settle(played.world)
  expect(resets(played.second.frames)).toEqual([])
  expect(titles(played.second)).toEqual(TEN)
})

test('[G5] [P-RESET] a log that is gone as a whole: everybody is told, and gets what there is of the new one', async () => {
  const { world, store, stock, second, send } = await play()
  const [before] = await store.heads([DEVOPS])
  await store.clear(DEVOPS)
  await send('first')
  await settle(world)
  const [reset] = resets(second.frames)
  expect(RECOVERY_FAILURES).toContain(reset?.payload.reason)
  expect(reset?.payload).toMatchObject({ offset: 0, reason: 'epoch' })
  expect(reset?.payload.epoch).not.toBe(before?.epoch)
  for (const peer of [stock, second]) expect(titles(peer)).toEqual([...TEN, 'first'])
})

test('[G5] what was trimmed before a node could read it is said to be missing', async () => {
  const { world, store, second } = await play({}, (real) => {
    let base = 0
    return {
      ...real,
      async read(stream, query) {
        const page = await real.read(stream, query)
        if (stream.kind !== 'channel' || page.head < 20) return page
        base = 15
        return { ...page, base, items: page.items.filter(({ offset }) => offset > base) }
      },
    }
  })
  const last = (await appendElsewhere(store, 10)).at(-1)
  if (last === undefined) throw new Error('nothing was appended')
  onNews(world.core, { ...last, item: null })
  await settle(world)
  expect(resets(second.frames).map(({ payload }) => payload)).toMatchObject([
    { offset: 15, reason: 'trimmed' },
  ])
  expect(notifications(second.frames, 'c:devops').map(({ offset }) => offset)).toEqual([
    ...TEN.map(Number),
    16,
    17,
    18,
    19,
    20,
  ])
})

test('[G5] whoever is still reading page by page goes on from where the log is still the same', async () => {
  let release = (): void => undefined
  let isHeld = false
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const played = await play({
    settings: { page: { limit: 2, maxBytes: 1_000_000 } },
    delay: (what) => (what === 'drained' && isHeld ? held : Promise.resolve()),
  })
  const { world, store } = played
  const late = world.connect({ user_id: 'carol', ...V2 })
  const [head] = await store.heads([DEVOPS])
  isHeld = true
  const since = { epoch: head?.epoch, offset: 1 }
  world.request(late.session, ClientEvent.JoinChannel, 'devops', { since })
  await nextTurn()
  expect(titles(late.peer)).toEqual(['2', '3'])
  await store.putBack(DEVOPS, 7)
  await played.send('eight again')
  await settle(world)
  isHeld = false
  release()
  await settle(world)
  // It had nothing yet of what is gone.
  expect(resets(late.peer.frames)).toEqual([])
  expect(titles(late.peer)).toEqual(['2', '3', '4', '5', '6', '7', 'eight again'])
  await played.send('nine again')
  expect(titles(late.peer).at(-1)).toBe('nine again')
})
