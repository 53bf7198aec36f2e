/*
 * What a stock client has surely received is told by its heartbeats, and what a v2 client says by itself.
 * Ids: G2, G3
 */
import { type RawClient, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { join, lastJoin } from './replay.ts'
import { as, note, raw, type Stage, stage, V2 } from './stage.ts'

const FAST = { ioOptions: { pingInterval: 60, pingTimeout: 5_000 } } as const

/** What was emitted before this call is proved received when it ends: two answered pings, and a third one sent. */
async function proved(client: RawClient): Promise<void> {
  const pings = () => client.frames.filter(({ kind }) => kind === 'ping').length
  const before = pings()
  await until(() => pings() >= before + 3, 'three pings')
}

async function gone({ io }: Stage, left = 0): Promise<void> {
  await until(() => io.sockets.sockets.size === left, 'the server notices')
}

async function joined(client: RawClient, channel: string): Promise<string[]> {
  return [...(await join({ ...client, emit: client.sendEvent }, channel)).titles]
}

test('[G3] what a heartbeat has proved received does not come again', async () => {
  const played = await stage({}, FAST)
  const bob = raw(played.url, as('bob'))
  await joined(bob, 'devops')
  for (const title of ['1', '2']) await played.notifications.send(note('devops', title))
  await bob.next('notification-received', ({ title }) => title === '2')
  await proved(bob)
  await bob.close()
  await gone(played)
  await played.notifications.send(note('devops', '3'))
  const again = raw(played.url, as('bob'))
  expect(await joined(again, 'devops')).toEqual(['3'])
  expect(lastJoin(again, 'devops').joined).toMatchObject({ pendingCount: 1, recovered: true })
})

test('[G2] what came after the last proof comes again', async () => {
  const played = await stage({}, FAST)
  const bob = raw(played.url, as('bob'))
  await joined(bob, 'devops')
  await played.notifications.send(note('devops', 'proved'))
  await proved(bob)
  bob.answerPings(false)
  await played.notifications.send(note('devops', 'in flight'))
  await bob.next('notification-received', ({ title }) => title === 'in flight')
  await bob.close()
  await gone(played)
  expect(await joined(raw(played.url, as('bob')), 'devops')).toEqual(['in flight'])
})

test('[G2] pongs that nobody asked for prove nothing', async () => {
  const played = await stage()
  const bob = raw(played.url, as('bob'))
  await joined(bob, 'devops')
  for (let n = 1; n <= 5; n++) {
    bob.sendPong()
    await played.notifications.send(note('devops', `${n}`))
    bob.sendPong()
    await bob.settle()
  }
  await bob.close()
  await gone(played)
  expect(await joined(raw(played.url, as('bob')), 'devops')).toEqual(['1', '2', '3', '4', '5'])
})

test('[G3] heartbeats also prove broadcasts and personal notifications', async () => {
  const played = await stage({}, FAST)
  const bob = raw(played.url, as('bob'))
  await bob.next('connection-confirmed')
  const personal = { to: { user: 'bob' }, title: 'for you', message: 'm' }
  await played.notifications.send(note(null, 'for all'))
  await played.notifications.send(personal)
  await proved(bob)
  await bob.close()
  await gone(played)
  await played.notifications.send({ ...personal, title: 'for you again' })
  const again = raw(played.url, as('bob'))
  expect((await again.next('connection-confirmed')).pendingCount).toBe(1)
  expect(await again.next('notification-received')).toMatchObject({ title: 'for you again', replayed: true })
})

test('[G3] several pages that were replayed are proved like what was live', async () => {
  const played = await stage({ limits: { pageItems: 2 } }, FAST)
  const first = raw(played.url, as('bob'))
  await joined(first, 'devops')
  await first.close()
  await gone(played)
  for (let n = 1; n <= 7; n++) await played.notifications.send(note('devops', `${n}`))
  const second = raw(played.url, as('bob'))
  expect(await joined(second, 'devops')).toHaveLength(7)
  await proved(second)
  await second.close()
  await gone(played)
  await played.notifications.send(note('devops', '8'))
  expect(await joined(raw(played.url, as('bob')), 'devops')).toEqual(['8'])
})

test('[G3] a client of the second version moves its cursor itself, heartbeats do not', async () => {
  const played = await stage({}, FAST)
  const auth = { ...as('bob').auth, ...V2 }
  const bob = raw(played.url, { auth })
  await bob.sendEventWithAck('join-channel', 'devops')
  for (const title of ['1', '2', '3']) await played.notifications.send(note('devops', title))
  const { epoch } = await bob.next('notification-received', ({ title }) => title === '3')
  await proved(bob)
  const positions = { 'c:devops': { epoch, offset: 2 }, 'c:elsewhere': { epoch, offset: 9 } }
  expect(await bob.sendEventWithAck('ack-notifications', positions)).toEqual({ ok: true })
  // Cursors never move back.
  await bob.sendEventWithAck('ack-notifications', { 'c:devops': { epoch, offset: 1 } })
  await bob.close()
  await gone(played)
  const again = raw(played.url, { auth })
  const answer = await again.sendEventWithAck('join-channel', 'devops')
  expect(answer).toMatchObject({ ok: true, recovered: true, pendingCount: 1 })
  expect((await again.next('notifications-batch')).items.map(({ title }) => title)).toEqual(['3'])
})
