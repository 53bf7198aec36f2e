/* A machine that slept: Socket.IO finds its heartbeat overdue, and would send what is emitted then before all else. */
import { createFaultProxy, until } from '@carillon/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, statusIs } from './kit.ts'
import { realServer } from './real-server.ts'

const note = (title: string) => ({ channel: 'devops', title, message: 'm' })

test('[CL4] [G4] what is sent right after a sleep takes its turn behind what was under way', async () => {
  const server = await realServer({}, { pingInterval: 300, pingTimeout: 200 })
  const proxy = await createFaultProxy(() => ({ port: server.port }))
  onTestFinished(() => proxy.close())
  const client = clientOf(`http://127.0.0.1:${proxy.port}`, { storage: false })
  await statusIs(client, 'connected')
  proxy.set({ up: 'drop', down: 'drop' })
  const sends = ['one', 'two'].map((title) => client.sendNotification(note(title)))
  await until(() => proxy.dropped() > 0, 'both are lost')
  const asleepUntil = performance.now() + 700
  while (performance.now() < asleepUntil);
  sends.push(client.sendNotification(note('three')))
  proxy.cutAll('rst')
  proxy.heal()
  expect((await Promise.all(sends)).map(({ offset }) => offset)).toEqual([1, 2, 3])
})
