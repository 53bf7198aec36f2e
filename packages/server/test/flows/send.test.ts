import type { AppendOutcome, NotificationStore } from '@carillon/store'
import { deferred, nextTurn } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import type { Session } from '../../src/flows/session.ts'
import { ClientEvent, createWorld, type Frame, offsetsOf, ServerEvent, type World } from './world.ts'

const NOTIFICATION = { channel: 'devops', title: 't', message: 'm' }

/** A world with one member of the channel. */
async function worldWithMember(
  store?: (store: NotificationStore) => NotificationStore,
): Promise<{ world: World; session: Session; frames: Frame[] }> {
  const world = createWorld(store === undefined ? {} : { store })
  const { session, peer } = world.connect({ user_id: 'alice', username: 'Alice' })
  world.request(session, ClientEvent.JoinChannel, 'devops')
  await nextTurn()
  return { world, session, frames: peer.frames }
}

const has = (frames: readonly Frame[], event: string): boolean =>
  frames.some((frame) => frame.event === event)

async function outcomeOf(outcome: AppendOutcome): Promise<Frame[]> {
  const { world, session, frames } = await worldWithMember((store) => ({
    ...store,
    append: async () => [outcome],
  }))
  world.request(session, ClientEvent.SendNotification, NOTIFICATION)
  await nextTurn()
  return frames
}

describe('a send', () => {
  test('[G6] is neither delivered nor confirmed before the store has answered', async () => {
    const gate = deferred<void>()
    const { world, session, frames } = await worldWithMember((store) => ({
      ...store,
      async append(entries) {
        await gate.promise
        return store.append(entries)
      },
    }))
    world.request(session, ClientEvent.SendNotification, NOTIFICATION)
    await nextTurn()
    expect(offsetsOf(frames, 'c:devops')).toEqual([])
    expect(has(frames, ServerEvent.NotificationSent)).toBe(false)
    gate.resolve()
    await nextTurn()
    expect(offsetsOf(frames, 'c:devops')).toEqual([1])
    expect(has(frames, ServerEvent.NotificationSent)).toBe(true)
  })

  test('[G6] that the store refuses is not delivered, and the sender reads that it was not written', async () => {
    const frames = await outcomeOf({ outcome: 'refused', cause: new Error('disk full') })
    expect(offsetsOf(frames, 'c:devops')).toEqual([])
    const refusal = frames.find(({ event }) => event === ServerEvent.ErrorMessage)
    expect(refusal?.payload).toMatchObject({
      code: 'store-unavailable',
      errors: ["L'enregistrement a échoué, réessayez plus tard"],
    })
  })

  test('[G6] of unknown outcome is not delivered, and the sender is told to use the same key', async () => {
    const frames = await outcomeOf({ outcome: 'unknown', cause: new Error('connection lost') })
    expect(offsetsOf(frames, 'c:devops')).toEqual([])
    const refusal = frames.find(({ event }) => event === ServerEvent.ErrorMessage)
    expect(refusal?.payload.errors).toEqual([
      "L'enregistrement n'a pas pu être confirmé, réessayez avec la même clé",
    ])
  })

  test('[G6] a store that rejects leaves the outcome unknown for the whole batch, and the next send works', async () => {
    let isDown = true
    const { world, session, frames } = await worldWithMember((store) => ({
      ...store,
      append: (entries) => (isDown ? Promise.reject(new Error('down')) : store.append(entries)),
    }))
    world.request(session, ClientEvent.SendNotification, NOTIFICATION)
    await nextTurn()
    isDown = false
    world.request(session, ClientEvent.SendNotification, NOTIFICATION)
    await nextTurn()
    expect(offsetsOf(frames, 'c:devops')).toEqual([1])
    expect(world.faults).toHaveLength(1)
  })

  test('[G6] the check sees a store that confirms what it has not kept', async () => {
    const { world, session, frames } = await worldWithMember((store) => ({
      ...store,
      // A broken store: it answers for items that nobody can ever read.
      append: async (entries) =>
        entries.map(({ id }, at) => ({
          outcome: 'written' as const,
          epoch: 'x',
          offset: at + 1,
          id,
          timestamp: 0,
          expiresAt: null,
          duplicate: false,
        })),
    }))
    world.request(session, ClientEvent.SendNotification, NOTIFICATION)
    await nextTurn()
    // Under an epoch that the log does not know, nothing goes out before the log has been read.
    expect(offsetsOf(frames, 'c:devops')).toEqual([])
  })

  test('[G1] [R47] of one socket on one stream keep their order although the validator of the first is slow', async () => {
    const gates = [deferred<void>(), deferred<void>()]
    const asked: string[] = []
    const world = createWorld({
      hooks: {
        async validate({ title }) {
          asked.push(title)
          await gates[asked.length - 1]?.promise
        },
      },
    })
    const { session, peer } = world.connect({})
    world.request(session, ClientEvent.JoinChannel, 'devops')
    await nextTurn()
    world.request(session, ClientEvent.SendNotification, { ...NOTIFICATION, title: 'first' })
    world.request(session, ClientEvent.SendNotification, { ...NOTIFICATION, title: 'second' })
    gates[1]?.resolve()
    await nextTurn()
    expect(asked).toEqual(['first'])
    gates[0]?.resolve()
    await nextTurn()
    const titles = peer.frames
      .filter(({ event }) => event === ServerEvent.NotificationReceived)
      .map(({ payload }) => payload.title)
    expect(titles).toEqual(['first', 'second'])
  })

  test('[G1] is delivered to its own sender before a leave that was asked for after it', async () => {
    const { world, session, frames } = await worldWithMember()
    world.request(session, ClientEvent.SendNotification, NOTIFICATION)
    world.request(session, ClientEvent.LeaveChannel, 'devops')
    await nextTurn()
    const order = frames.map(({ event }) => event).slice(-3)
    expect(order).toEqual([
      ServerEvent.NotificationReceived,
      ServerEvent.NotificationSent,
      ServerEvent.ChannelLeft,
    ])
  })

  test('[G7] beyond the bound of waiting requests is refused with a time to wait, and the others are served', async () => {
    const gate = deferred<void>()
    const world = createWorld({ settings: { requestsPerSocket: 3 }, hooks: { validate: () => gate.promise } })
    const { session, peer } = world.connect({})
    await nextTurn()
    for (let at = 0; at < 5; at++) world.request(session, ClientEvent.SendNotification, NOTIFICATION)
    const refusals = peer.frames.filter(({ event }) => event === ServerEvent.ErrorMessage)
    expect(refusals.map(({ payload }) => payload.code)).toEqual(['too-many-requests', 'too-many-requests'])
    gate.resolve()
    await nextTurn()
    expect(peer.frames.filter(({ event }) => event === ServerEvent.NotificationSent)).toHaveLength(3)
    expect(session.pending).toBe(0)
  })
})
