import type { NotificationStore, StreamKey } from '@carillon/store'
import { nextTurn } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { heartbeat } from '../../src/flows/disconnect.ts'
import { readOn } from '../../src/flows/reading.ts'
import type { Session } from '../../src/flows/session.ts'
import { ClientEvent, createWorld, notifications, offsetsOf, type World } from './world.ts'

const DEVOPS = { scope: '/', kind: 'channel', name: 'devops' } as const
const ALICES = { scope: '/', kind: 'user', name: 'alice' } as const
const ALICE = { user: 'alice', device: null }
const PING_MS = 25_000

async function send(world: World, session: Session, target: object, count = 1): Promise<void> {
  for (let at = 0; at < count; at++) {
    world.request(session, ClientEvent.SendNotification, { title: `${at}`, message: 'm', ...target })
  }
  await nextTurn()
}

async function cursorOf(world: World, stream: StreamKey): Promise<unknown> {
  const [cursor] = await world.store.cursors([{ subscriber: ALICE, stream, start: null }])
  return cursor
}

async function beat(world: World, session: Session): Promise<void> {
  world.time.advance(PING_MS + 10)
  heartbeat(world.core, session, PING_MS)
  await nextTurn()
}

async function member(options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options)
  const { session, peer } = world.connect({ user_id: 'alice' })
  world.request(session, ClientEvent.JoinChannel, 'devops')
  await nextTurn()
  return { world, session, frames: peer.frames }
}

describe('a log that was lost', () => {
  test('[G1] is read anew once, however many find out at the same time', async () => {
    const { world, session, frames } = await member()
    await send(world, session, { channel: 'devops' }, 50)
    const tail = world.core.tails.get('c:devops')
    if (tail === undefined) throw new Error('no tail')
    await world.store.clear(DEVOPS)
    await send(world, session, { channel: 'devops' }, 3)
    await Promise.all([readOn(world.core, tail), readOn(world.core, tail), readOn(world.core, tail)])
    await send(world, session, { channel: 'devops' }, 2)
    expect(offsetsOf(frames, 'c:devops').slice(50)).toEqual([1, 2, 3, 4, 5])
    expect(tail.offset).toBe(5)
  })

  test('[G5] is not proved by what was received of the one before', async () => {
    const { world, session } = await member()
    await send(world, session, { channel: 'devops' }, 30)
    for (let n = 0; n < 3; n++) await beat(world, session)
    await world.store.clear(DEVOPS)
    await send(world, session, { channel: 'devops' }, 10)
    world.time.advance(1_000)
    await nextTurn()
    for (let n = 0; n < 3; n++) await beat(world, session)
    world.disconnect(session)
    await world.core.cursors.flush()
    const [head] = await world.store.heads([DEVOPS])
    expect(await cursorOf(world, DEVOPS)).toEqual({ epoch: head?.epoch, offset: 10 })
  })
})

test('[G2] whose cursors are gone with it: who goes away right after that comes back to all of it', async () => {
  const { world, session } = await member()
  await send(world, session, { channel: 'devops' }, 5)
  await world.store.clear(DEVOPS)
  await world.store.moveCursors([{ subscriber: ALICE, stream: DEVOPS, to: null }])
  const { session: bob } = world.connect({ user_id: 'bob' })
  await send(world, bob, { channel: 'devops' }, 3)
  world.time.advance(250)
  await nextTurn()
  world.disconnect(session)
  await send(world, bob, { channel: 'devops' }, 2)
  const again = world.connect({ user_id: 'alice' })
  world.request(again.session, ClientEvent.JoinChannel, 'devops')
  await nextTurn()
  expect(offsetsOf(again.peer.frames, 'c:devops')).toEqual([1, 2, 3, 4, 5])
})

describe('positions', () => {
  test('[G2] that could not be saved are saved later', async () => {
    let failures = 0
    const store = (real: NotificationStore): NotificationStore => ({
      ...real,
      async moveCursors(moves) {
        const isProof = moves.some(({ to }) => to !== null && to.offset > 0)
        if (isProof && failures++ === 0) throw new Error('down for a moment')
        await real.moveCursors(moves)
      },
    })
    const { world, session } = await member({ store })
    await send(world, session, { channel: 'devops' }, 3)
    for (let n = 0; n < 4; n++) await beat(world, session)
    await world.core.cursors.flush()
    expect(failures).toBeGreaterThan(1)
    expect(await cursorOf(world, DEVOPS)).toMatchObject({ offset: 3 })
  })

  test('[G2] of a stream that has fallen silent are still taken from a client that tells them late', async () => {
    const world = createWorld()
    const { session, peer } = world.connect({ user_id: 'alice', notifications: { version: 2 } })
    await send(world, session, { to: { user: 'alice' } })
    const [received] = notifications(peer.frames, 'u')
    world.time.advance(200_000)
    await nextTurn()
    expect(session.parkedEpoch).toBe(received?.epoch)
    const position = { epoch: received?.epoch, offset: 1 }
    world.request(session, ClientEvent.AckNotifications, { u: position })
    await nextTurn()
    expect(await cursorOf(world, ALICES)).toEqual(position)
  })
})

test('[G2] an append that was written but not confirmed reaches a user whose stream was silent', async () => {
  const world = createWorld({
    store: (real) => ({
      ...real,
      async append(entries) {
        await real.append(entries)
        throw new Error('the answer was lost')
      },
    }),
  })
  const { session, peer } = world.connect({ user_id: 'alice' })
  await nextTurn()
  expect(session.parkedEpoch).not.toBeNull()
  await send(world, session, { to: { user: 'alice' } })
  world.time.advance(250)
  await nextTurn()
  expect(offsetsOf(peer.frames, 'u')).toEqual([1])
})
