/*
 * What the host takes back, and what somebody proves anew, against everything that is under way meanwhile.
 * Ids: G2, G8, S31
 */
import { deferred, turns } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { command, forgetEverywhere } from '../../src/flows/controls.ts'
import { saidElsewhere } from './said-elsewhere.ts'
import { ClientEvent, createWorld, eventsOf } from './world.ts'

const ALICE = { user_id: 'alice' }
const V2 = { notifications: { version: 2 } }

describe('disconnectUser', () => {
  test('[G8] [S31] a second one is carried out on who was just being let in, though there was one long ago', async () => {
    let asked = 0
    const second = deferred<void>()
    let isWelcome = true
    const world = createWorld({
      hooks: {
        async authenticate() {
          const answer = isWelcome ? { userId: 'alice' } : null
          if (++asked === 2) await second.promise
          return answer
        },
      },
    })
    await command(world.core, 'alice', { action: 'disconnect' }) // long ago
    const { peer, session } = world.connect({})
    await turns()
    expect(asked).toBe(2)
    isWelcome = false
    await command(world.core, 'alice', { action: 'disconnect' })
    second.resolve()
    await turns()
    expect(session.state).toBe('closed')
    expect(eventsOf(peer.frames)).not.toContain('connection-confirmed')
  })

  test('[G8] [S31] a position ahead of the log is no way around it', async () => {
    const asked = deferred<void>()
    let isWelcome = true
    let isHeld = false
    const world = createWorld({
      hooks: {
        async authenticate() {
          const answer = isWelcome ? { userId: 'alice' } : null
          if (isHeld) await asked.promise
          return answer
        },
      },
    })
    const first = world.connect({ ...V2 })
    await turns()
    const streams = first.peer.frames[0]?.payload.streams as { u: { epoch: string; offset: number } }
    isHeld = true
    const since = { u: { epoch: streams.u.epoch, offset: streams.u.offset + 1 } }
    const { peer, session } = world.connect({ notifications: { version: 2, since } })
    await turns()
    isWelcome = false
    await command(world.core, 'alice', { action: 'disconnect' })
    asked.resolve()
    await turns()
    expect(first.session.state).toBe('closed')
    expect(eventsOf(peer.frames)).not.toContain('connection-confirmed')
    expect(session.state).toBe('closed')
  })

  test('[G8] [S31] a node that hears of it late does not end who was let in after it', async () => {
    let asked = 0
    const world = createWorld({
      hooks: { authenticate: () => ({ userId: 'alice', n: ++asked }) },
      store: (real) => ({ ...real, shared: true }),
    })
    const before = world.connect({})
    await turns()
    const hear = await saidElsewhere(world, { action: 'disconnect' })
    const after = world.connect({})
    await turns()
    expect(eventsOf(after.peer.frames)).toContain('connection-confirmed')
    hear()
    await turns()
    expect(before.session.state).toBe('closed')
    expect(after.session.state).toBe('ready')
  })

  test('[G8] who comes back later is not asked twice for ever', async () => {
    let asked = 0
    const world = createWorld({ hooks: { authenticate: () => ({ userId: 'alice', n: ++asked }) } })
    await command(world.core, 'alice', { action: 'disconnect' })
    for (let n = 0; n < 3; n++) {
      const { session } = world.connect({})
      await turns()
      await world.time.advanceAndSettle(120_000)
      world.disconnect(session)
      await turns()
    }
    // Twice for the first one may be; a one-time ticket would never come in again.
    expect(asked).toBeLessThanOrEqual(4)
  })
})

describe('refresh-auth', () => {
  const claims = (teams: string[]) => ({ userId: 'alice', claims: { teams } })
  const teamsOf = (user: { claims: unknown }): string[] =>
    (user.claims as { teams: string[] } | null)?.teams ?? []

  test('[G2] a hook that fails for a moment does not make the server forget what was missed', async () => {
    let isDown = false
    const world = createWorld({
      hooks: {
        authenticate: () => claims(['a']),
        authorize: () => {
          if (isDown) throw new Error('the database is away')
          return true
        },
      },
    })
    const { session, peer } = world.connect({})
    world.request(session, ClientEvent.JoinChannel, 'a')
    await turns()
    isDown = true
    world.request(session, ClientEvent.RefreshAuth, { token: 'new' })
    await turns()
    isDown = false
    // Whatever becomes of the membership, it was not taken back: the place stays.
    expect(peer.frames.filter(({ event }) => event === 'channel-left')).toEqual([])
    const stream = { scope: '/', kind: 'channel', name: 'a' } as const
    const [cursor] = await world.store.cursors([
      { subscriber: { user: 'alice', device: null }, stream, start: null },
    ])
    expect(cursor).not.toBeNull()
  })

  test('[G2] a slow hook and many channels: nobody is thrown out of what they may be in', async () => {
    let isSlow = false
    const world = createWorld({
      hooks: {
        authenticate: () => claims(['a']),
        // Half a second: well within the limit of five for a hook.
        authorize: () =>
          isSlow ? new Promise((resolve) => world.time.after(500, () => resolve(true))) : true,
      },
    })
    const { session, peer } = world.connect({})
    for (let n = 0; n < 100; n++) world.request(session, ClientEvent.JoinChannel, `c${n}`)
    await turns(20)
    expect(eventsOf(peer.frames).filter((event) => event === 'channel-joined')).toHaveLength(100)
    isSlow = true
    world.request(session, ClientEvent.RefreshAuth, { token: 'new' })
    for (let n = 0; n < 40; n++) await world.time.advanceAndSettle(500)
    expect(peer.frames.filter(({ event }) => event === 'channel-left')).toHaveLength(0)
  })

  test('[G2] a tab that may no longer be there takes no place away from another that may', async () => {
    let teams = ['a']
    const world = createWorld({
      hooks: {
        authenticate: () => claims(teams),
        authorize: ({ user, channel }) => channel === null || teamsOf(user).includes(channel),
      },
    })
    const [one, two] = [world.connect({}), world.connect({})]
    for (const { session } of [one, two]) world.request(session, ClientEvent.JoinChannel, 'a')
    await turns()
    teams = []
    world.request(one.session, ClientEvent.RefreshAuth, {})
    await turns()
    expect(eventsOf(one.peer.frames)).toContain('channel-left')
    expect(eventsOf(two.peer.frames)).not.toContain('channel-left')
    const stream = { scope: '/', kind: 'channel', name: 'a' } as const
    const [cursor] = await world.store.cursors([
      { subscriber: { user: 'alice', device: null }, stream, start: null },
    ])
    // P-LEAVE-FORGETS: as long as another connection of the same user and device is there, the cursor stays.
    expect(cursor).not.toBeNull()
  })

  test('[G8] an answer of before the renewal does not bring the old claims back', async () => {
    const old = deferred<void>()
    let asked = 0
    const world = createWorld({
      settings: { page: { limit: 2, maxBytes: 1_000_000 } },
      hooks: {
        async authenticate() {
          const nth = ++asked
          if (nth === 2) await old.promise
          return claims(nth < 3 ? ['a'] : [])
        },
        authorize: ({ user, channel }) => channel === null || teamsOf(user).includes(channel),
      },
    })
    const stream = { scope: '/', kind: 'user', name: 'alice' } as const
    const content = { type: 'info', title: 't', message: 'm', data: null, sender: 's' } as const
    for (let n = 0; n < 6; n++)
      await world.store.append([
        { stream, id: `n${n}`, content, bytes: 0, ttlMs: null, sender: 'host', key: `n${n}`, hash: '' },
      ])
    await command(world.core, 'alice', { action: 'disconnect' })
    const { session, peer } = world.connect({})
    await turns(20)
    expect(asked).toBe(2)
    world.request(session, ClientEvent.RefreshAuth, { token: 'less' })
    await turns()
    old.resolve()
    await turns(20)
    expect(asked).toBe(3)
    expect(teamsOf(session.identity)).toEqual([])
    world.request(session, ClientEvent.JoinChannel, 'a')
    await turns()
    expect(teamsOf(session.identity)).toEqual([])
    expect(eventsOf(peer.frames)).not.toContain('channel-joined')
  })
})

describe('revoke', () => {
  test('[G8] [S31] no page of the channel comes after channel-left', async () => {
    const reading = deferred<void>()
    let isHeld = false
    const world = createWorld({
      policies: [],
      hooks: { authorize: () => !isHeld || true },
      delay: (what) => (isHeld && what === 'read ends' ? reading.promise : Promise.resolve()),
    })
    const { session, peer } = world.connect(ALICE)
    world.request(session, ClientEvent.JoinChannel, 'a')
    await turns()
    world.request(session, ClientEvent.SendNotification, { channel: 'a', title: 'secret', message: 'm' })
    await turns()
    isHeld = true
    const answers: unknown[] = []
    world.request(session, ClientEvent.GetHistory, { stream: 'c:a' }, (answer: unknown) =>
      answers.push(answer),
    )
    await turns()
    await command(world.core, 'alice', { action: 'revoke', channel: 'a' })
    await turns()
    expect(eventsOf(peer.frames)).toContain('channel-left')
    expect(answers).toEqual([])
    reading.resolve()
    await turns()
    expect(JSON.stringify(answers)).not.toContain('secret')
  })

  test('[G8] [S31] a right that is asked about while it is taken back gives nothing to read', async () => {
    const asked = deferred<void>()
    const world = createWorld({
      hooks: { authorize: ({ action }) => action !== 'history' || asked.promise.then(() => true) },
    })
    const { session } = world.connect(ALICE)
    world.request(session, ClientEvent.JoinChannel, 'a')
    await turns()
    world.request(session, ClientEvent.SendNotification, { channel: 'a', title: 'secret', message: 'm' })
    const answers: unknown[] = []
    world.request(session, ClientEvent.GetHistory, { stream: 'c:a' }, (answer: unknown) =>
      answers.push(answer),
    )
    await turns()
    expect(answers).toEqual([])
    await command(world.core, 'alice', { action: 'revoke', channel: 'a' })
    await turns()
    asked.resolve()
    await turns()
    expect(answers).toMatchObject([{ ok: false, code: 'not-allowed' }])
    expect(JSON.stringify(answers)).not.toContain('secret')
  })

  test('[G8] [S31] who was being let in when it was said has no rights of before', async () => {
    const asked = deferred<void>()
    let teams = ['a']
    const world = createWorld({
      hooks: {
        async authenticate() {
          const answer = { userId: 'alice', claims: { teams } }
          await asked.promise
          return answer
        },
        authorize: ({ user, channel }) =>
          channel === null || (user.claims as { teams: string[] }).teams.includes(channel),
      },
    })
    const { session, peer } = world.connect({})
    world.request(session, ClientEvent.JoinChannel, 'a')
    await turns()
    teams = []
    await command(world.core, 'alice', { action: 'revoke', channel: 'a' })
    await forgetEverywhere(world.core, 'alice', 'a')
    asked.resolve()
    await turns()
    expect(eventsOf(peer.frames)).not.toContain('channel-joined')
  })
})

test('[G8] [S31] a node that hears of a revoke much later asks before it takes somebody out again', async () => {
  let isAllowed = true
  const world = createWorld({
    hooks: { authorize: () => isAllowed },
    store: (real) => ({ ...real, shared: true }),
  })
  const { session, peer } = world.connect(ALICE)
  await turns()
  const hear = [
    await saidElsewhere(world, { action: 'revoke', channel: 'a' }),
    await saidElsewhere(world, { action: 'revoke', channel: 'b' }),
  ]
  await world.time.advanceAndSettle(60_000)
  // They were let in again meanwhile.
  for (const channel of ['a', 'b']) world.request(session, ClientEvent.JoinChannel, channel)
  await turns()
  hear[0]?.()
  await turns()
  expect(eventsOf(peer.frames)).not.toContain('channel-left')
  isAllowed = false
  const again = await saidElsewhere(world, { action: 'revoke', channel: 'b' })
  again()
  await turns()
  expect(peer.frames.filter(({ event }) => event === 'channel-left')).toMatchObject([
    { payload: { channel: 'b', reason: 'revoked' } },
  ])
})

test('[G8] [S31] who does not read is asked about as well', async () => {
  const asked = deferred<void>()
  let isWelcome = true
  let isHeld = false
  let count = 0
  const world = createWorld({
    hooks: {
      async authenticate() {
        const answer = isWelcome ? { userId: 'alice' } : null
        count += 1
        if (isHeld) await asked.promise
        return answer
      },
    },
    // A client that does not read.
    delay: (what) => (what === 'drained' ? new Promise(() => undefined) : Promise.resolve()),
  })
  const own = world.connect({})
  await turns()
  // More than a page, to herself.
  for (let n = 0; n < 120; n++)
    world.request(own.session, ClientEvent.SendNotification, {
      to: { user: 'alice' },
      title: 't',
      message: 'm',
    })
  await turns()
  world.disconnect(own.session)
  isHeld = true
  const { session } = world.connect({})
  await turns()
  isWelcome = false
  await command(world.core, 'alice', { action: 'disconnect' })
  asked.resolve()
  await turns(20)
  const before = await world.store.heads([{ scope: '/', kind: 'broadcast', name: '' }])
  world.request(session, ClientEvent.SendNotification, { title: 'still here', message: 'm' })
  await turns()
  const after = await world.store.heads([{ scope: '/', kind: 'broadcast', name: '' }])
  expect([count, session.state]).toEqual([3, 'closed'])
  expect(after).toEqual(before)
})
