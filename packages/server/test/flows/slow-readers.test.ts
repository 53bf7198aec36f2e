/*
 * Somebody takes less than is sent: off the live path, told, served page by page, and cut when nothing moves.
 * Ids: G1, G2, G3, G9, S26, R50
 */
import { turns } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { NOTHING_WAITS } from '../../src/rules/backlog.ts'
import { checkInterleavings, SLOW_STEPS } from './interleavings.ts'
import {
  ClientEvent,
  createWorld,
  notifications,
  ServerEvent,
  type World,
  type WorldOptions,
} from './world.ts'

describe('readers who stop, over random interleavings with a slow store', () => {
  test('[G1] [G2] [G3] [S26] every reader gets each notification once and in order', async () => {
    await checkInterleavings(400, {}, SLOW_STEPS)
  }, 60_000)

  test('[G3] catches a build that takes a slow reader out of the room late', async () => {
    const broken = checkInterleavings(
      1_000,
      {
        wire: (wire) => ({
          ...wire,
          leave(peer, room) {
            void wire.drained(peer).then(() => wire.leave(peer, room))
          },
        }),
      },
      SLOW_STEPS,
    )
    await expect(broken).rejects.toThrow(/\[G\d\]/)
  }, 60_000)
})

const V2 = { notifications: { version: 2 } }
const STUCK = { frames: 0, bytes: 5_000_000, taken: 0 }

async function look(world: World, times = 1): Promise<void> {
  for (let n = 0; n < times; n++) world.time.advance(world.core.settings.lookMs)
  await turns()
}

/** A reader and a sender in one channel. */
async function stage(auth: object, options: WorldOptions = {}) {
  const world = createWorld(options)
  const reader = world.connect(auth)
  const sender = world.connect({ user_id: 'sender' })
  for (const { session } of [reader, sender]) world.request(session, ClientEvent.JoinChannel, 'devops')
  await turns()
  let count = 0
  const send = async (where: object = { channel: 'devops' }): Promise<void> => {
    const title = `${++count}`
    world.request(sender.session, ClientEvent.SendNotification, { ...where, title, message: 'm' })
    await turns()
  }
  const seen = (stream = 'c:devops') =>
    notifications(reader.peer.frames, stream).map(({ title, replayed }) => `${title}${replayed ? 'r' : ''}`)
  return { world, reader, sender, send, seen }
}

/** A wire on which somebody drains only when told to. */
function gate() {
  let open: () => void = () => undefined
  let opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const wire: WorldOptions['wire'] = (plain) => ({ ...plain, drained: () => opened })
  return {
    wire,
    open: () => open(),
    shut() {
      opened = new Promise((resolve) => {
        open = resolve
      })
    },
  }
}

describe.each([
  ['v2', V2],
  ['stock', { user_id: 'alice' }],
])('a %s client that is slow', (_, auth) => {
  test('[G1] [G2] [G3] [R50] is sent nothing until it drains, then everything once, then live again', async () => {
    const { wire, open } = gate()
    const { world, reader, send, seen } = await stage(auth, { wire })
    await send()
    reader.peer.backlog = STUCK
    await look(world)
    for (let n = 0; n < 3; n++) await send()
    expect(seen()).toEqual(['1'])
    reader.peer.backlog = NOTHING_WAITS
    open()
    await turns()
    await send()
    expect(seen()).toEqual(['1', '2r', '3r', '4r', '5'])
    expect(world.faults).toEqual([])
  })

  test('[R50] the same for broadcasts and for its own stream, also one that was silent', async () => {
    const { wire, open, shut } = gate()
    open()
    const { world, reader, sender, send, seen } = await stage({ ...auth, user_id: 'alice' }, { wire })
    shut()
    reader.peer.backlog = STUCK
    await look(world)
    await send({})
    await send({ to: { user: 'alice' } })
    // What wakes a silent stream is still sent; from the next look on it is read.
    expect([seen('b'), seen('u')]).toEqual([[], ['2']])
    await look(world)
    await send({ to: { user: 'alice' } })
    expect(seen('u')).toEqual(['2'])
    expect(notifications(sender.peer.frames, 'b')).toHaveLength(1)
    reader.peer.backlog = NOTHING_WAITS
    open()
    await turns()
    await send({})
    await send({ to: { user: 'alice' } })
    expect([seen('b'), seen('u')]).toEqual([
      ['1r', '4'],
      ['2', '3r', '5'],
    ])
  })
})

test('[P-LAGGING] a v2 client is told once, a stock client nothing, and the host of both', async () => {
  const { world, reader, sender } = await stage(V2)
  for (const { peer } of [reader, sender]) peer.backlog = STUCK
  await look(world, 3)
  const told = ({ peer }: typeof reader): unknown[] =>
    peer.frames.filter(({ event }) => event === ServerEvent.ErrorMessage).map(({ payload }) => payload)
  expect(told(reader)).toMatchObject([{ code: 'lagging', event: null }])
  expect(told(sender)).toEqual([])
  expect(world.lagging).toEqual([reader.peer.id, sender.peer.id])
})

test('[R50] a burst that is taken changes nothing', async () => {
  const { world, reader, send, seen } = await stage(V2)
  reader.peer.backlog = { frames: 0, bytes: 2_000_000, taken: 1_000_000 }
  await look(world)
  reader.peer.backlog = { frames: 0, bytes: 2_000_000, taken: 3_000_000 }
  await look(world)
  reader.peer.backlog = NOTHING_WAITS
  await look(world)
  await send()
  expect(seen()).toEqual(['1'])
  expect([world.lagging, world.core.strains.size]).toEqual([[], 0])
})

test('[S26] a client for which nothing moves is cut, and refused to the host', async () => {
  const { world, reader } = await stage(V2)
  reader.peer.backlog = STUCK
  await look(world, world.core.settings.buffer.stalledLooks)
  expect(reader.peer.isCut).toBe(false)
  await look(world)
  expect(reader.peer.isCut).toBe(true)
  expect(world.refused).toEqual([{ code: 'lagging', frames: 0, bytes: 5_000_000 }])
})

test('[G2] what heartbeats prove of the time before is saved when a slow client goes away', async () => {
  const { wire } = gate()
  const { world, reader, send } = await stage({ user_id: 'alice' }, { wire })
  await send()
  reader.session.provedUntil = world.time.now() + 1
  world.time.advance(500)
  await send()
  reader.peer.backlog = STUCK
  await look(world)
  world.disconnect(reader.session)
  await turns()
  const stream = { scope: '/', kind: 'channel', name: 'devops' } as const
  const question = { subscriber: { user: 'alice', device: null }, stream, start: null }
  expect(await world.store.cursors([question])).toMatchObject([{ offset: 1 }])
})

test('[P-TAKE] [G7] of many streams that are behind one page is read at a time', async () => {
  let reads = 0
  let most = 0
  const { wire, open } = gate()
  const store: WorldOptions['store'] = (plain) => ({
    ...plain,
    async read(...asked) {
      reads += 1
      most = Math.max(most, reads)
      const page = await plain.read(...asked)
      await turns()
      reads -= 1
      return page
    },
  })
  const { world, reader, send } = await stage(V2, { wire, store })
  const names = Array.from({ length: 10 }, (_, at) => `c${at}`)
  for (const name of names) world.request(reader.session, ClientEvent.JoinChannel, name)
  await turns()
  reader.peer.backlog = STUCK
  await look(world)
  for (const channel of names) await send({ channel })
  reader.peer.backlog = NOTHING_WAITS
  most = 0
  open()
  for (let n = 0; n < 20; n++) await turns()
  expect(names.map((name) => notifications(reader.peer.frames, `c:${name}`).length)).toEqual(
    names.map(() => 1),
  )
  expect(most).toBe(1)
})

test('[P-TAKE] [G7] a join of somebody for whom too much waits sends its pages later', async () => {
  const { wire, open } = gate()
  const { world, reader, send, seen } = await stage({}, { wire })
  world.request(reader.session, ClientEvent.LeaveChannel, 'devops')
  for (let n = 0; n < 3; n++) await send()
  reader.peer.backlog = STUCK
  world.request(reader.session, ClientEvent.JoinChannel, 'devops', { rewind: 3 })
  await turns()
  const joined = reader.peer.frames.findLast(({ event }) => event === ServerEvent.ChannelJoined)
  expect(joined?.payload).toMatchObject({ pendingCount: 3, hasMore: true, offset: 3 })
  expect(seen()).toEqual([])
  open()
  await turns()
  expect(seen()).toEqual(['1r', '2r', '3r'])
})

test('[P-TAKE] [G7] what a client asks for and does not take is not read', async () => {
  let reads = 0
  const { wire, open } = gate()
  const store: WorldOptions['store'] = (plain) => ({
    ...plain,
    read(...asked) {
      reads += 1
      return plain.read(...asked)
    },
  })
  const { world, reader } = await stage(V2, { wire, store })
  const answers: unknown[] = []
  for (let n = 0; n < 50; n++) {
    const ack = (answer: unknown): void => void answers.push(answer)
    world.request(reader.session, ClientEvent.GetHistory, { stream: 'c:devops' }, ack)
    world.request(reader.session, ClientEvent.GetChannels, ack)
  }
  await turns()
  expect([reads, answers.length]).toEqual([0, 0])
  open()
  for (let n = 0; n < 20; n++) await turns()
  expect([reads, answers.length]).toEqual([50, 100])
})

test('[G9] nobody looks when nobody is connected', async () => {
  const { world, reader, sender } = await stage(V2)
  reader.peer.backlog = STUCK
  await look(world)
  for (const { session } of [reader, sender]) world.disconnect(session)
  await look(world, 60)
  expect(world.time.pending()).toBe(0)
  expect([world.core.strains.size, world.core.turns.size]).toEqual([0, 0])
})
