/*
 * Devices and tabs of one user.
 * Ids: G2, G3
 */
import { type RawClient, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { join } from './replay.ts'
import { as, note, raw, type Stage, stage } from './stage.ts'

const FAST = { ioOptions: { pingInterval: 60, pingTimeout: 5_000 } } as const

async function leaveProved(played: Stage, client: RawClient, left: number): Promise<void> {
  const pings = () => client.frames.filter(({ kind }) => kind === 'ping').length
  const before = pings()
  await until(() => pings() >= before + 3, 'three pings')
  await client.close()
  await until(() => played.io.sockets.sockets.size === left, 'the server notices')
}

function device(played: Stage, id?: string): RawClient & { titles(): Promise<readonly string[]> } {
  const client = raw(played.url, as('bob', id === undefined ? {} : { device_id: id }))
  const titles = async () => (await join({ ...client, emit: client.sendEvent }, 'devops')).titles
  return { ...client, titles }
}

test('[G2] two devices have positions of their own', async () => {
  const played = await stage({}, FAST)
  const phone = device(played, 'phone')
  await phone.titles()
  await leaveProved(played, phone, 0)
  const laptop = device(played, 'laptop')
  await laptop.titles()
  for (const title of ['1', '2']) await played.notifications.send(note('devops', title))
  await laptop.next('notification-received', ({ title }) => title === '2')
  await leaveProved(played, laptop, 0)
  await played.notifications.send(note('devops', '3'))
  expect(await device(played, 'laptop').titles()).toEqual(['3'])
  expect(await device(played, 'phone').titles()).toEqual(['1', '2', '3'])
})

test('[G2] a new device starts at the head, wherever the others are', async () => {
  const played = await stage()
  const phone = device(played, 'phone')
  await phone.titles()
  await phone.close()
  await until(() => played.io.sockets.sockets.size === 0, 'the server notices')
  await played.notifications.send(note('devops', 'before the tablet'))
  expect(await device(played, 'tablet').titles()).toEqual([])
  expect(await device(played).titles()).toEqual([])
  expect(await device(played, 'phone').titles()).toEqual(['before the tablet'])
})

test('[G2] what one device receives does not move the other, however short that one was there', async () => {
  const played = await stage({}, FAST)
  const phone = device(played, 'phone')
  await phone.titles()
  const laptop = device(played, 'laptop')
  await laptop.titles()
  await laptop.close()
  await until(() => played.io.sockets.sockets.size === 1, 'the server notices')
  await played.notifications.send(note('devops', '1'))
  await phone.next('notification-received')
  await leaveProved(played, phone, 0)
  expect(await device(played, 'laptop').titles()).toEqual(['1'])
})

test('[G2] leaving on one device is not leaving on the other', async () => {
  const played = await stage()
  const phone = device(played, 'phone')
  const laptop = device(played, 'laptop')
  await phone.titles()
  await laptop.titles()
  phone.sendEvent('leave-channel', 'devops')
  await phone.next('channel-left')
  await laptop.close()
  await until(() => played.io.sockets.sockets.size === 1, 'the server notices')
  await played.notifications.send(note('devops', '1'))
  expect(await device(played, 'laptop').titles()).toEqual(['1'])
})

test('[G3] two tabs each get what is live once, and count as two clients', async () => {
  const played = await stage()
  const tabs = [device(played), device(played)]
  for (const tab of tabs) await tab.titles()
  expect(await played.notifications.channels()).toEqual([{ name: 'devops', clientCount: 2 }])
  await played.notifications.send(note('devops', '1'))
  for (const tab of tabs) {
    await tab.next('notification-received')
    await tab.settle()
    expect(tab.all('notification-received')).toHaveLength(1)
  }
})

test('[G2] leaving in one tab takes nothing from the other', async () => {
  const played = await stage()
  const [one, two] = [device(played), device(played)]
  await one.titles()
  await two.titles()
  one.sendEvent('leave-channel', 'devops')
  await one.next('channel-left')
  await played.notifications.send(note('devops', 'live'))
  await two.next('notification-received')
  await one.settle()
  expect(one.all('notification-received')).toEqual([])
  await two.close()
  await until(() => played.io.sockets.sockets.size === 1, 'the server notices')
  await played.notifications.send(note('devops', 'missed'))
  expect(await device(played).titles()).toEqual(['live', 'missed'])
})

test('[G2] the last tab that leaves forgets the position', async () => {
  const played = await stage()
  const [one, two] = [device(played), device(played)]
  for (const tab of [one, two]) await tab.titles()
  for (const tab of [one, two]) {
    tab.sendEvent('leave-channel', 'devops')
    await tab.next('channel-left')
  }
  await played.notifications.send(note('devops', 'unheard'))
  expect(await device(played).titles()).toEqual([])
})
