/* A connection that breaks before it is confirmed: what went out on the one before is sent again under its key. */
import { createFaultProxy, deferred, until } from '@carillon/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, statusIs } from './kit.ts'
import { realServer } from './real-server.ts'

test('[CL4] [G4] a second cut, before the connection is confirmed, gives up no send that is under way', async () => {
  let connections = 0
  let answer = Promise.resolve()
  const server = await realServer({
    authenticate: async () => {
      connections += 1
      await answer
      return { userId: 'alice' }
    },
  })
  const proxy = await createFaultProxy(() => ({ port: server.port }))
  onTestFinished(() => proxy.close())
  const client = clientOf(`http://127.0.0.1:${proxy.port}`, { storage: false, auth: { user_id: 'alice' } })
  await statusIs(client, 'connected')
  proxy.set({ down: 'drop' })
  const sent = client.sendNotification({ channel: 'devops', title: 'one', message: 'm' })
  await until(() => proxy.dropped() > 0, 'the answer is lost')
  const held = deferred<void>()
  answer = held.promise
  proxy.cutAll('rst')
  proxy.heal()
  await until(() => connections === 2, 'a second connection')
  proxy.cutAll('rst')
  held.resolve()
  expect(await sent).toMatchObject({ offset: 1, duplicate: true })
})
