import { expect, test } from 'vitest'
import { connectRaw, connectStock, leakCheck, startServer, until } from '../src/index.ts'

test('[TK3] a server listens on a free port, beside an HTTP listener, and is attached to before it listens', async () => {
  let listening: boolean | undefined
  const server = await startServer({
    app: (_, response) => void response.end('app'),
    onServer: (io) => {
      listening = io.httpServer.listening
    },
  })
  expect(listening).toBe(false)
  expect(server.port).toBeGreaterThan(1023)
  expect(await (await fetch(`${server.url}/`)).text()).toBe('app')
  await server.close()
  await expect(fetch(`${server.url}/`)).rejects.toThrow()
})

test('[TK3] close ends every connection, of clients that read nothing too, and leaves nothing open', async () => {
  const leaks = leakCheck()
  const server = await startServer()
  const stock = connectStock(server.url, { reconnection: false })
  const deaf = connectRaw(server.url)
  await stock.next('connect')
  await deaf.connected()
  deaf.stopReading()
  await server.close()
  await server.close()
  await stock.next('disconnect')
  await deaf.close()
  await leaks.verify()
})

test('[TK3] a server comes back at its old address, and clients find it', async () => {
  const first = await startServer()
  const client = connectStock(first.url)
  await client.next('connect')
  await first.close()
  await client.next('disconnect')
  const second = await startServer({ port: first.port })
  await client.next('connect')
  client.close()
  await until(() => second.io.sockets.sockets.size === 0, 'the client is gone')
  await second.close()
})
