/*
 * A dynamic namespace is a family: each child has streams of its own and is freed when nobody is left.
 * Ids: G8, G9
 */
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createMemoryStore, type NotificationsError } from '../../src/index.ts'
import { join } from './replay.ts'
import { as, note, type Stage, type StageOptions, stage, stock } from './stage.ts'

const PROJECTS = { on: (io) => io.of(/^\/project-\d+$/) } satisfies StageOptions
const CLEANED = { ...PROJECTS, ioOptions: { cleanupEmptyChildNamespaces: true } } satisfies StageOptions

/** A promise that rejects with what the call throws at once. */
const thrown = async (call: () => unknown): Promise<unknown> => call()

async function codeOf(work: Promise<unknown>): Promise<[unknown, string]> {
  const error = await work.then(
    () => undefined,
    (cause: NotificationsError) => cause,
  )
  return [error?.code, error?.message ?? '']
}

test('[G8] children with the same channels and users never see each other', async () => {
  const { url, notifications } = await stage({}, PROJECTS)
  const one = stock(`${url}/project-1`, as('bob'))
  const two = stock(`${url}/project-2`, as('bob'))
  expect((await join(one, 'devops')).joined.clientCount).toBe(1)
  expect((await join(two, 'devops')).joined.clientCount).toBe(1)
  one.emit('send-notification', note('devops', 'one: channel'))
  one.emit('send-notification', note(null, 'one: all'))
  one.emit('send-notification', { to: { user: 'bob' }, title: 'one: bob', message: 'm' })
  await one.next('notification-received', ({ title }) => title === 'one: bob')
  await two.settle()
  expect(two.all('notification-received')).toEqual([])
  expect(await notifications.of('/project-1').stats()).toMatchObject({
    connectedClients: 1,
    activeChannels: 1,
  })
  expect(await notifications.of('/project-2').channels()).toEqual([{ name: 'devops', clientCount: 1 }])
})

test('[G8] of() reaches those who are there, and waits for those who are not', async () => {
  const { url, io, notifications } = await stage({}, PROJECTS)
  const bob = stock(`${url}/project-7`, as('bob'))
  await join(bob, 'devops')
  await notifications.of('/project-7').send(note('devops', 'live'))
  await bob.next('notification-received', ({ title }) => title === 'live')
  bob.socket.disconnect()
  await until(() => io.of('/project-7').sockets.size === 0, 'the server notices')
  await notifications.of('/project-7').send(note('devops', 'missed'))
  await notifications.of('/project-7').send({ to: { user: 'carol' }, title: 'welcome', message: 'm' })
  await notifications.of('/project-8').send(note('devops', 'elsewhere'))
  bob.socket.connect()
  expect((await join(bob, 'devops')).titles).toEqual(['live', 'missed'])
  const carol = stock(`${url}/project-7`, as('carol'))
  expect((await carol.next('notification-received')).title).toBe('welcome')
})

test.each([
  ['with', CLEANED],
  ['without', PROJECTS],
] as const)(
  '[G8] a child is freed when empty, %s cleanupEmptyChildNamespaces, and may come back',
  async (_, start) => {
    const played: Stage = await stage({}, start)
    for (let round = 1; round <= 3; round++) {
      const bob = stock(`${played.url}/project-1`, as('bob'))
      const { joined, titles } = await join(bob, 'devops')
      // Counts begin anew, the log does not.
      expect(joined).toMatchObject({ clientCount: 1, offset: round - 1, pendingCount: round - 1 })
      expect(titles).toEqual(Array(round - 1).fill('missed'))
      bob.close()
      await until(() => (played.io._nsps.get('/project-1')?.sockets.size ?? 0) === 0, 'the server notices')
      await played.notifications.of('/project-1').send(note('devops', 'missed'))
      expect(await played.notifications.of('/project-1').stats()).toMatchObject({ connectedClients: 0 })
    }
    if (start === CLEANED) await until(() => !played.io._nsps.has('/project-1'), 'Socket.IO frees it')
    expect(played.problems).toEqual([])
  },
)

test('[G8] a child keeps running while somebody is there, through any coming and going', async () => {
  const { url, notifications, problems } = await stage({}, CLEANED)
  const stays = stock(`${url}/project-1`)
  await join(stays, 'devops')
  for (let n = 0; n < 5; n++) {
    const guest = stock(`${url}/project-1`)
    await join(guest, 'devops')
    guest.close()
    await notifications.of('/project-1').send(note('devops', `${n}`))
  }
  await stays.next('notification-received', ({ title }) => title === '4')
  expect(stays.all('notification-received').map(({ title }) => title)).toEqual(['0', '1', '2', '3', '4'])
  expect(problems).toEqual([])
})

test('[G8] the handle of a family asks which namespace is meant', async () => {
  const { notifications } = await stage({}, PROJECTS)
  for (const work of [
    notifications.send(note('devops', 'a')),
    notifications.stats(),
    notifications.channels(),
  ]) {
    const [code, message] = await codeOf(work)
    expect(code).toBe('NAMESPACE_REQUIRED')
    expect(message).toContain('notifications.of("/name").send(…)')
  }
})

test('[G8] the handle of one namespace knows that one alone', async () => {
  const { notifications } = await stage({}, { on: (io) => io.of('/a') })
  expect(await notifications.of('/a').stats()).toMatchObject({ connectedClients: 0 })
  const [code, message] = await codeOf(thrown(() => notifications.of('/b')))
  expect(code).toBe('NOT_A_FAMILY')
  expect(message).toBe('of("/b"): these notifications are attached to the namespace "/a" alone')
})

test('[G8] a scope names the streams: the same one shares them, children of a family keep their own', async () => {
  const store = createMemoryStore()
  const first = await stage({ store, scope: 'shop' }, { on: (io) => io.of('/v1') })
  await first.notifications.send({ to: { user: 'bob' }, title: 'moved along', message: 'm' })
  await first.notifications.close()
  const second = await stage({ store, scope: 'shop' }, { on: (io) => io.of('/v2') })
  const bob = stock(`${second.url}/v2`, as('bob'))
  expect((await bob.next('notification-received')).title).toBe('moved along')
  const family = await stage({ store, scope: 'shop' }, PROJECTS)
  const other = stock(`${family.url}/project-1`, as('bob'))
  expect((await other.next('connection-confirmed')).pendingCount).toBe(0)
})

test('[G9] close() of a family leaves every child alone', async () => {
  const { url, io, notifications } = await stage({}, PROJECTS)
  const clients = [1, 2].map((n) => stock(`${url}/project-${n}`))
  await Promise.all(clients.map((client) => join(client, 'devops')))
  await notifications.close()
  for (const n of [1, 2]) {
    const child = io.of(`/project-${n}`)
    expect([...child.adapter.rooms.keys()]).toEqual([...child.sockets.keys()])
    expect(child.listenerCount('connection')).toBe(0)
    expect([...child.sockets.values()].map((socket) => socket.connected)).toEqual([true])
  }
  const late = stock(`${url}/project-3`)
  await late.next('connect')
  late.emit('join-channel', 'devops')
  expect(await codeOf(thrown(() => notifications.of('/project-1')))).toMatchObject(['CLOSED', /closed/])
  expect(late.records.map(({ event }) => event)).toEqual(['connect'])
})
