import { ClientEvent, ServerEvent } from '@carillon/protocol'
import * as fc from 'fast-check'
import type { Session } from '../../src/flows/session.ts'
import { signal } from '../../src/flows/tails.ts'
import { NOTHING_WAITS } from '../../src/rules/backlog.ts'
import {
  createWorld,
  type Delay,
  type Frame,
  offsetsOf,
  oneByOne,
  type TestPeer,
  type World,
  type WorldOptions,
} from './world.ts'

/*
 * Random interleavings of append, join, leave, connect and disconnect, with a store and hooks that answer when
 * the scheduler lets them. What every client saw is then checked against what the protocol promises.
 */

const CHANNEL = 'devops'
const STREAM = `c:${CHANNEL}`

/** Two stock users, a user with a device, two guests. */
const PEOPLE = [
  { user_id: 'alice' },
  { user_id: 'bob' },
  { user_id: 'carol', device_id: 'phone' },
  {},
  { notifications: { version: 2 } },
] as const

type Step =
  /** `remote`: another node appends, and its signal comes when it comes. `settle`: everything is done. */
  | { readonly kind: 'append' | 'remote' | 'personal' | 'wait' | 'settle' }
  | { readonly kind: 'join' | 'leave' | 'disconnect'; readonly who: number }
  /** Somebody takes nothing, or takes what waits; and time for the server to look. */
  | { readonly kind: 'stop' | 'drain'; readonly who: number }
  | { readonly kind: 'look' }

const who = fc.nat({ max: PEOPLE.length - 1 })
const usual: fc.MaybeWeightedArbitrary<Step>[] = [
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remote' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('personal' as const) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('disconnect' as const), who }) },
]
const slow: fc.MaybeWeightedArbitrary<Step>[] = [
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('stop' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drain' as const), who }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
]
const script = (kinds: readonly fc.MaybeWeightedArbitrary<Step>[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.oneof(...kinds), { maxLength: 60, size: 'max' })

/** Everybody reads on. */
export const STEPS = script(usual)
/** Now and then somebody does not. */
export const SLOW_STEPS = script([...usual, ...slow])

interface Person {
  readonly auth: object
  current: { peer: TestPeer; session: Session } | null
  /** One per connection, in order. */
  readonly lives: Life[]
}

interface Life {
  readonly peer: TestPeer
  /** A leave was asked for: what is kept of the channel is not told by this life. */
  hasLeft: boolean
}

/** Fails with the first promise that was broken. */
export async function checkInterleavings(
  runs: number,
  options: WorldOptions = {},
  steps = STEPS,
): Promise<void> {
  const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 2 ** 31)
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, async (scheduler, script) => {
      const delay = (what: string): Promise<void> => scheduler.schedule(Promise.resolve(), what)
      const world = createWorld({
        settings: { page: { limit: 3, maxBytes: 1_000_000 }, buffer: BUFFER, lookMs: 10 },
        ...options,
        delay,
        hooks: { authorize: () => delay('authorize').then(() => true) },
      })
      const people = PEOPLE.map((auth): Person => ({ auth, current: null, lives: [] }))
      const settle = async (): Promise<void> => {
        await scheduler.waitIdle()
        // Holes heal after a wait.
        for (let round = 0; round < 3; round++) {
          world.time.advance(250)
          await scheduler.waitIdle()
        }
      }
      for (const step of script) {
        perform(world, people, step, delay)
        if (step.kind === 'wait' && scheduler.count() > 0) await scheduler.waitOne()
        if (step.kind === 'settle') await settle()
        for (const person of people) if (person.current?.peer.isCut) act(world, person, 'disconnect')
      }
      await settle()
      for (const person of people) checkPerson(world, person)
      checkCounts(world, people)
    }),
    { numRuns: runs, seed, includeErrorInReport: true },
  )
}

const BUFFER = { frames: 512, bytes: 1_000_000, stalledLooks: 3 }
const STUCK = { frames: 0, bytes: 5_000_000, taken: 0 }

function perform(world: World, people: readonly Person[], step: Step, delay: Delay): void {
  switch (step.kind) {
    case 'append': {
      const sender = people[3]
      if (sender === undefined) return
      world.request(sessionOf(world, sender), ClientEvent.SendNotification, {
        channel: CHANNEL,
        title: 't',
        message: 'm',
      })
      return
    }
    case 'personal': {
      const sender = people[3]
      if (sender === undefined) return
      world.request(sessionOf(world, sender), ClientEvent.SendNotification, {
        to: { user: 'alice' },
        title: 't',
        message: 'm',
      })
      return
    }
    case 'remote':
      void appendElsewhere(world, delay)
      return
    case 'wait':
    case 'settle':
      return
    case 'look':
      world.time.advance(world.core.settings.lookMs)
      return
    case 'stop':
    case 'drain': {
      const peer = people[step.who]?.current?.peer
      if (peer !== undefined) peer.backlog = step.kind === 'stop' ? STUCK : NOTHING_WAITS
      return
    }
    default: {
      const person = people[step.who]
      if (person !== undefined) act(world, person, step.kind)
    }
  }
}

let elsewhere = 0

async function appendElsewhere(world: World, delay: Delay): Promise<void> {
  const stream = { scope: '/', kind: 'channel', name: CHANNEL } as const
  const content = { type: 'info', title: 't', message: 'm', data: null, sender: 's' } as const
  const key = `elsewhere-${elsewhere++}`
  const entry = { stream, id: key, content, bytes: 1, ttlMs: null, sender: 'elsewhere', key, hash: '' }
  const [written] = await world.store.append([entry])
  if (written?.outcome !== 'written') throw new Error('the store refused')
  await delay('bus')
  const { id, offset, timestamp, expiresAt } = written
  signal(world.core, stream, written.epoch, { id, offset, timestamp, expiresAt, content }, 'new')
}

function act(world: World, person: Person, kind: 'join' | 'leave' | 'disconnect'): void {
  if (kind === 'join') world.request(sessionOf(world, person), ClientEvent.JoinChannel, CHANNEL)
  else if (person.current === null) return
  else if (kind === 'leave') {
    const life = person.lives.at(-1)
    if (life !== undefined) life.hasLeft = true
    world.request(person.current.session, ClientEvent.LeaveChannel, CHANNEL)
  } else {
    world.disconnect(person.current.session)
    person.current = null
  }
}

function sessionOf(world: World, person: Person): Session {
  if (person.current === null) {
    person.current = world.connect(person.auth)
    person.lives.push({ peer: person.current.peer, hasLeft: false })
  }
  return person.current.session
}

function checkPerson(world: World, person: Person): void {
  for (const { peer } of person.lives) checkConnection(oneByOne(peer.frames))
  if ('user_id' in person.auth) checkReturns(person.lives)
  if ('user_id' in person.auth && person.auth.user_id === 'alice') checkPersonal(world, person)
  const last = person.current?.peer.frames
  const head = world.core.tails.get(STREAM)?.offset
  if (last === undefined || head === undefined || !isJoined(last)) return
  const seen = reached(last)
  if (seen !== head) throw new Error(`[G2] a member reached ${seen}, the head is ${head}: ${trace(last)}`)
}

/** What one connection saw: counted items right after the join, then every offset once and in order. */
function checkConnection(frames: readonly Frame[]): void {
  let at: number | null = null
  let owed = 0
  for (const { event, payload } of frames) {
    if (event === ServerEvent.ChannelJoined) {
      if (at !== null) continue
      if (payload.hasMore === true) at = -1
      else {
        owed = Number(payload.pendingCount)
        at = Number(payload.offset) - owed
      }
    } else if (event === ServerEvent.ChannelLeft) {
      if (owed > 0) throw new Error(`pendingCount promised ${owed} more: ${trace(frames)}`)
      at = null
    } else if (event === ServerEvent.NotificationReceived && payload.stream === STREAM) {
      const offset = Number(payload.offset)
      if (at === null) throw new Error(`[G8] a notification without a join: ${trace(frames)}`)
      if (at >= 0 && offset !== at + 1) throw new Error(`[G1] ${offset} came after ${at}: ${trace(frames)}`)
      const isCounted = owed > 0
      if (at >= 0 && isCounted !== (payload.replayed === true) && isCounted) {
        throw new Error(`a live notification came before the counted ones: ${trace(frames)}`)
      }
      if (isCounted) owed -= 1
      at = offset
    }
  }
  if (owed > 0) throw new Error(`pendingCount promised ${owed} more: ${trace(frames)}`)
}

/** Alice's own stream: everything, in order, also what came before she ever connected. */
function checkPersonal(world: World, { lives, current }: Person): void {
  let received = 0
  for (const { peer } of lives) {
    const offsets = offsetsOf(peer.frames, 'u')
    const [first] = offsets
    if (first !== undefined && first > received + 1)
      throw new Error(`[G2] u: ${first} came after ${received}`)
    for (const [at, offset] of offsets.entries()) {
      const before = offsets[at - 1]
      if (before !== undefined && offset !== before + 1)
        throw new Error(`[G1] u: ${offset} came after ${before}`)
    }
    received = Math.max(received, offsets.at(-1) ?? 0)
  }
  const sent = world.personal.length
  if (current !== null && received !== sent) throw new Error(`[G2] u: ${received} of ${sent} were received`)
}

/** Whoever joined and went away gets on return what came after, and what was not surely received. */
function checkReturns(lives: readonly Life[]): void {
  let received: number | null = null
  for (const { peer, hasLeft } of lives) {
    const joined = peer.frames.find(({ event }) => event === ServerEvent.ChannelJoined)
    if (joined !== undefined && received !== null) {
      const start = Number(joined.payload.offset) - Number(joined.payload.pendingCount)
      if (start > received) throw new Error(`[G2] ${received} was received, the return starts after ${start}`)
    }
    if (hasLeft) received = null
    else if (joined !== undefined) received = reached(peer.frames)
  }
}

function isJoined(frames: readonly Frame[]): boolean {
  const last = frames.findLast(
    ({ event }) => event === ServerEvent.ChannelJoined || event === ServerEvent.ChannelLeft,
  )
  return last?.event === ServerEvent.ChannelJoined
}

function reached(frames: readonly Frame[]): number {
  const from = frames.findLast(({ event }) => event === ServerEvent.ChannelJoined)
  const last = oneByOne(frames).findLast(
    ({ event, payload }) => event === ServerEvent.NotificationReceived && payload.stream === STREAM,
  )
  return Math.max(Number(from?.payload.offset ?? 0), Number(last?.payload.offset ?? 0))
}

function checkCounts(world: World, people: readonly Person[]): void {
  const members = people.filter(({ current }) => current !== null && isJoined(current.peer.frames)).length
  const tail = world.core.tails.get(STREAM)
  const counted = tail?.members ?? 0
  if (counted !== members)
    throw new Error(`[G8] ${members} sockets are in the channel, ${counted} are counted`)
  for (const [tag, { pins }] of world.core.tails) {
    if (pins !== 0) throw new Error(`[G9] ${tag} is still pinned ${pins} times`)
  }
  for (const { current } of people) {
    if (current?.session.lanes) throw new Error('[G9] a lane was left behind')
    if (current && current.session.pending !== 0) throw new Error('a request was never answered')
  }
  if (world.faults.length > 0) throw new Error(`a fault was reported: ${JSON.stringify(world.faults)}`)
}

function trace(frames: readonly Frame[]): string {
  const words = frames.map(({ event, payload }) => {
    if (event === ServerEvent.ChannelJoined) {
      return `joined(${payload.offset}, pending ${payload.pendingCount}${payload.hasMore ? '+' : ''})`
    }
    if (event === ServerEvent.ChannelLeft) return 'left'
    if (event !== ServerEvent.NotificationReceived) return ''
    return payload.stream === STREAM ? `${payload.offset}${payload.replayed ? 'r' : ''}` : ''
  })
  return words.filter((word) => word !== '').join(' ')
}
