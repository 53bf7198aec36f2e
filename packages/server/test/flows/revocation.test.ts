/*
 * What the host takes back holds for whoever was just getting in, and on nodes that hear of it late.
 * Ids: G8, S31
 */
import { deferred, turns } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { command, forgetEverywhere } from '../../src/flows/controls.ts'
import { saidElsewhere } from './said-elsewhere.ts'
import { ClientEvent, createWorld, eventsOf } from './world.ts'

const ALICE = { user_id: 'alice' }

describe('revoke', () => {
  test('[G8] [S31] a join that was allowed before is asked about again', async () => {
    const asked = deferred<void>()
    let isAllowed = true
    const answers: boolean[] = []
    const world = createWorld({
      hooks: {
        authorize() {
          const answer = isAllowed
          answers.push(answer)
          return asked.promise.then(() => answer)
        },
      },
    })
    const { session, peer } = world.connect(ALICE)
    await turns()
    world.request(session, ClientEvent.JoinChannel, 'devops')
    await turns()
    isAllowed = false
    await command(world.core, 'alice', { action: 'revoke', channel: 'devops' })
    asked.resolve()
    await turns()
    expect(answers).toEqual([true, false])
    expect(eventsOf(peer.frames)).not.toContain('channel-joined')
    expect(peer.frames.at(-1)?.payload).toMatchObject({ code: 'not-allowed', event: 'join-channel' })
    expect(session.joining).toEqual([])
  })

  test('[G8] [S31] a node that was not listening does it when it hears of it', async () => {
    const world = createWorld()
    const { session, peer } = world.connect(ALICE)
    world.request(session, ClientEvent.JoinChannel, 'devops')
    await turns()
    const hear = await saidElsewhere(world, { action: 'revoke', channel: 'devops' })
    await turns()
    expect(eventsOf(peer.frames)).not.toContain('channel-left')
    hear()
    await turns()
    expect(peer.frames.at(-1)).toMatchObject({
      event: 'channel-left',
      payload: { channel: 'devops', reason: 'revoked' },
    })
    expect([...peer.rooms].filter((room) => room.includes('devops'))).toEqual([])
  })

  test('[G2] the cursor is gone for every device, and of that channel alone', async () => {
    const world = createWorld()
    for (const device_id of ['phone', 'desk']) {
      const { session } = world.connect({ ...ALICE, device_id })
      for (const channel of ['devops', 'kept']) world.request(session, ClientEvent.JoinChannel, channel)
      await turns()
      world.disconnect(session)
    }
    await turns()
    await command(world.core, 'alice', { action: 'revoke', channel: 'devops' })
    await forgetEverywhere(world.core, 'alice', 'devops')
    const at = async (name: string): Promise<unknown> => {
      const stream = { scope: '/', kind: 'channel', name } as const
      const devices = ['phone', 'desk'].map((device) => ({ user: 'alice', device }))
      return world.store.cursors(devices.map((subscriber) => ({ subscriber, stream, start: null })))
    }
    expect(await at('devops')).toEqual([null, null])
    expect(await at('kept')).toEqual([expect.anything(), expect.anything()])
  })
})

describe('disconnectUser', () => {
  test('[G8] [S31] who was let in just before is asked for once more, and turned away', async () => {
    const asked = deferred<void>()
    let isWelcome = true
    const world = createWorld({
      hooks: {
        async authenticate() {
          const answer = isWelcome ? { userId: 'alice' } : null
          await asked.promise
          return answer
        },
      },
    })
    const { peer } = world.connect({})
    await turns()
    isWelcome = false
    await command(world.core, 'alice', { action: 'disconnect' })
    asked.resolve()
    await turns()
    expect(eventsOf(peer.frames)).toEqual(['error-message'])
    expect(peer.frames[0]?.payload).toMatchObject({ code: 'unauthenticated' })
  })

  test('[G5] who is welcome again is asked for once more and comes in, also much later', async () => {
    let asked = 0
    const world = createWorld({ hooks: { authenticate: () => ({ userId: 'alice', n: ++asked }) } })
    await command(world.core, 'alice', { action: 'disconnect' })
    const { peer } = world.connect({})
    await turns()
    expect(asked).toBe(2)
    expect(peer.frames[0]).toMatchObject({ event: 'connection-confirmed', payload: { pendingCount: 0 } })
    expect(eventsOf(peer.frames)).not.toContain('notification-received')
  })

  test('[G8] [S31] a session whose user stream is parked ends as well', async () => {
    const world = createWorld()
    const { session, peer } = world.connect(ALICE)
    await turns()
    expect(session.parkedEpoch).not.toBeNull()
    const hear = await saidElsewhere(world, { action: 'disconnect' })
    hear()
    await turns()
    expect(session.state).toBe('closed')
    expect(peer.frames.at(-1)?.payload).toMatchObject({ code: 'disconnected', event: null })
  })
})

test('[G2] a page of the own history that is all for the server leads on to what is for the user', async () => {
  const world = createWorld()
  const { session } = world.connect(ALICE)
  await turns()
  for (const title of ['one', 'two'])
    world.request(session, ClientEvent.SendNotification, { to: { user: 'alice' }, title, message: 'm' })
  await turns()
  for (const channel of ['x', 'y', 'z']) await command(world.core, 'alice', { action: 'revoke', channel })
  const page = async (query: object): Promise<unknown> =>
    new Promise((resolve) =>
      world.request(session, ClientEvent.GetHistory, { stream: 'u', limit: 1, ...query }, resolve),
    )
  expect(await page({})).toMatchObject({ items: [{ title: 'two' }], hasMore: true })
  expect(await page({ before: 2 })).toMatchObject({ items: [{ title: 'one' }], hasMore: false })
  expect(await page({ after: 2 })).toMatchObject({ items: [], hasMore: false })
})
