/* A connection that breaks before it is confirmed: what went out on the one before is sent again under its key. */
import { createFaultProxy, until } from '@carillon/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, statusIs } from './kit.ts'
import { realServer } from './real-server.ts'

test('[CL4] [G4] a second cut, before the connection is confirmed, gives up no send that is under way', async () => {
  let connections = 0
  let isSlow = false
  const server = await realServer({
    authenticate: async () => {
      connections += 1
      while (isSlow) await new Promise((resolve) => setTimeout(resolve, 10))
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
  isSlow = true
  proxy.cutAll('rst')
  proxy.heal()
  await until(() => connections === 2, 'a second connection')
  proxy.cutAll('rst')
  isSlow = false
  expect(await sent).toMatchObject({ offset: 1, duplicate: true })
})
