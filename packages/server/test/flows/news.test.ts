import type { NewEntry, StreamKey } from '@carillon/store'
import { nextTurn } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { checkHeads, onNews } from '../../src/flows/news.ts'
import { ClientEvent, createWorld, offsetsOf, type World } from './world.ts'

const DEVOPS: StreamKey = { scope: '/', kind: 'channel', name: 'devops' }
const ALICES: StreamKey = { scope: '/', kind: 'user', name: 'alice' }
const CONTENT = { type: 'info', title: 't', message: 'm', data: null, sender: 'Bob' } as const

let made = 0

/** What another node does: it appends, and this one has to hear of it. */
async function appendElsewhere(world: World, stream: StreamKey, count = 1) {
  const entries = Array.from({ length: count }, (): NewEntry => {
    const id = `elsewhere-${++made}`
    return { stream, id, content: CONTENT, bytes: 1, ttlMs: null, sender: 'bob', key: id, hash: '' }
  })
  await world.store.append(entries)
  const [head] = await world.store.heads([stream])
  if (head === undefined) throw new Error('no head')
  return { stream, epoch: head.epoch, head: head.offset, item: null }
}

async function member(world: World) {
  const { session, peer } = world.connect({ user_id: 'alice' })
  world.request(session, ClientEvent.JoinChannel, 'devops')
  await nextTurn()
  return { session, frames: peer.frames }
}

test('[G2] a hint of another node is followed: what it names is read and emitted once', async () => {
  const world = createWorld({ settings: { page: { limit: 2, maxBytes: 1_000_000 } } })
  const { frames } = await member(world)
  const news = await appendElsewhere(world, DEVOPS, 7)
  for (let n = 0; n < 3; n++) onNews(world.core, news)
  await nextTurn()
  onNews(world.core, { ...news, head: 3 })
  await nextTurn()
  expect(offsetsOf(frames, 'c:devops')).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('[G2] a hint that comes while the stream is being opened is not forgotten', async () => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const world = createWorld({
    store: (real) => ({
      ...real,
      // The answer is from before the hint, and arrives after it.
      async heads(streams) {
        const answer = await real.heads(streams)
        if (streams.some(({ kind }) => kind === 'channel')) await held
        return answer
      },
    }),
  })
  const { session, peer } = world.connect({ user_id: 'alice' })
  world.request(session, ClientEvent.JoinChannel, 'devops')
  await nextTurn()
  const [item] = (await world.store.read(DEVOPS, { after: 0, limit: 1, maxBytes: 1 })).items
  expect(item).toBeUndefined()
  const id = 'elsewhere'
  const entry = {
    stream: DEVOPS,
    id,
    content: CONTENT,
    bytes: 1,
    ttlMs: null,
    sender: 'bob',
    key: id,
    hash: '',
  }
  const [written] = await world.store.append([entry])
  if (written?.outcome !== 'written') throw new Error('not written')
  onNews(world.core, { stream: DEVOPS, epoch: written.epoch, head: 1, item: null })
  release()
  await nextTurn()
  expect(offsetsOf(peer.frames, 'c:devops')).toEqual([1])
})

test('[G2] the last news before a silence, which nobody got, are found by the check of the heads', async () => {
  const world = createWorld()
  const { frames } = await member(world)
  await appendElsewhere(world, DEVOPS, 3)
  await appendElsewhere(world, ALICES)
  await nextTurn()
  expect(frames.map(({ event }) => event)).not.toContain('notification-received')
  await checkHeads(world.core)
  expect(offsetsOf(frames, 'c:devops')).toEqual([1, 2, 3])
  expect(offsetsOf(frames, 'u')).toEqual([1])
})

test('[G2] a check that is asked for during a check comes once more', async () => {
  let calls = 0
  const world = createWorld({
    store: (real) => ({
      ...real,
      async heads(streams) {
        calls += 1
        return real.heads(streams)
      },
    }),
  })
  await member(world)
  calls = 0
  const first = checkHeads(world.core)
  expect(checkHeads(world.core)).toBe(first)
  expect(checkHeads(world.core)).toBe(first)
  await first
  await nextTurn()
  expect(calls).toBe(2)
})

test('[G2] a user whose stream is silent and stands where the store does is left in peace', async () => {
  const world = createWorld()
  const { session } = await member(world)
  expect(session.parkedEpoch).not.toBeNull()
  await checkHeads(world.core)
  expect(session.parkedEpoch).not.toBeNull()
})

test('[G7] a store that cannot say where the streams stand is a fault, and the next check asks again', async () => {
  let isDown = false
  const world = createWorld({
    store: (real) => ({
      ...real,
      heads: (streams) => (isDown ? Promise.reject(new Error('down')) : real.heads(streams)),
    }),
  })
  const { frames } = await member(world)
  await appendElsewhere(world, DEVOPS)
  isDown = true
  await checkHeads(world.core)
  expect(world.faults).toHaveLength(1)
  isDown = false
  await checkHeads(world.core)
  expect(offsetsOf(frames, 'c:devops')).toEqual([1])
})
