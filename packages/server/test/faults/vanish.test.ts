/*
 * Clients that are gone before the host has answered for them leave nothing behind.
 * Ids: G7, G9
 */
import { deferred, leakCheck, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { as, raw, stage, V2 } from '../wire/stage.ts'

const CLIENTS = 60

test.each([
  ['joins', 'authorize'],
  ['connections', 'authenticate'],
] as const)(
  '[G7] [R44] %s whose client is gone before "%s" has answered leave no member, room or timer',
  async (_, hook) => {
    let gate = deferred<void>()
    const asked = { authorize: 0, authenticate: 0 }
    const { url, io, notifications, problems } = await stage({
      limits: { hookTimeoutMs: 60_000 },
      async authenticate({ handshake }) {
        asked.authenticate += 1
        if (hook === 'authenticate') await gate.promise
        return { userId: String(handshake.auth.user_id) }
      },
      async authorize({ action }) {
        if (action === 'join') asked.authorize += 1
        if (hook === 'authorize' && action === 'join') await gate.promise
        return true
      },
    })
    const nsp = io.of('/')
    const comeAndGo = async (): Promise<void> => {
      const before = asked[hook]
      const clients = Array.from({ length: CLIENTS }, (_, n) => raw(url, as(`user-${n}`, V2)))
      for (const client of clients) client.sendEvent('join-channel', 'devops')
      await until(() => asked[hook] === before + CLIENTS, 'all of them wait for the host')
      await Promise.all(clients.map((client) => client.close()))
      await until(() => nsp.sockets.size === 0, 'the server notices')
      gate.resolve()
      gate = deferred()
    }

    // Once before it counts: what is made on first use stays.
    await comeAndGo()
    const leaks = leakCheck({ emitters: { io, nsp, adapter: nsp.adapter }, rooms: io })
    await comeAndGo()
    expect(await notifications.stats()).toMatchObject({ connectedClients: 0, activeChannels: 0 })
    expect(problems).toEqual([])
    await notifications.close()
    await leaks.verify()
  },
)
