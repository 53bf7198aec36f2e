import { ClientEvent, ServerEvent } from '@carillon/protocol'
import { attachNotifications } from '@carillon/server'
import { connectStock, startServer, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { type Bench, describePostgres, range } from './kit.ts'

interface Node {
  readonly url: string
  send(message: string): Promise<number>
}

/** A Socket.IO server of its own, without an adapter between it and others. */
async function startNode({ open, later }: Bench, database: string): Promise<Node> {
  const server = await startServer()
  const notifications = attachNotifications(server.io, { store: open(database), log: false })
  later(async () => {
    await notifications.close()
    await server.close()
  })
  return {
    url: server.url,
    send: async (message) =>
      (await notifications.send({ channel: 'devops', title: 'Title', message })).offset,
  }
}

describePostgres('nodes', (bench) => {
  test('[PG80] two nodes on one database see each other’s sends, in order and once, without any adapter', async () => {
    const database = await bench.server().createDatabase()
    const nodes = [await startNode(bench, database), await startNode(bench, database)]
    const clients = nodes.map(({ url }, at) => connectStock(url, { auth: { user_id: `user-${at}` } }))
    bench.later(async () => {
      for (const client of clients) client.close()
    })
    for (const client of clients) {
      client.emit(ClientEvent.JoinChannel, 'devops')
      await client.next(ServerEvent.ChannelJoined)
    }
    const offsets = await Promise.all(range(60).map((at) => nodes[at % 2]?.send(`message ${at}`)))
    expect(offsets.sort((a = 0, b = 0) => a - b)).toEqual(range(60))
    for (const client of clients) {
      const received = () => client.all(ServerEvent.NotificationReceived).map(({ offset }) => offset)
      await until(() => received().length >= 60, 'all notifications', 10_000)
      expect(received()).toEqual(range(60))
    }
  })
})
