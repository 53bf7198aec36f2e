import { connect, createServer, type Socket } from 'node:net'
import { onUnhandled, until } from '@carillon/testkit'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createSessions } from '../src/sessions.ts'
import { describePostgres } from './kit.ts'

describePostgres(
  'silence',
  ({ server, later }) => {
    test('[PG45] connections whose answers never come are cut after a while, and others are made', async () => {
      const guard = onUnhandled()
      const sockets = new Set<Socket>()
      let isSilent = false
      const proxy = createServer((inward) => {
        const outward = inward.pipe(connect(server().port ?? 0, '127.0.0.1'))
        outward.on('data', (chunk) => {
          if (!isSilent) inward.write(chunk)
        })
        for (const socket of [inward, outward]) {
          sockets.add(socket)
          socket.on('error', () => undefined)
          socket.on('close', () => {
            inward.destroy()
            outward.destroy()
          })
        }
      })
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
      const address = proxy.address()
      const port = typeof address === 'object' ? address?.port : undefined
      const url = `postgresql://postgres@127.0.0.1:${port}/postgres`
      const pool = new pg.Pool({ connectionString: url, max: 2 })
      const sessions = createSessions(pool, () => pool.end(), 300)
      later(async () => {
        await sessions.close()
        for (const socket of sockets) socket.destroy()
        await new Promise((resolve) => proxy.close(resolve))
      })
      const ask = (): Promise<unknown> =>
        sessions.use((connection) => connection.query('select $1::text as said', ['yes']))
      await Promise.all([ask(), ask()])
      isSilent = true
      const lost = [ask(), ask()].map((call) => call.then(String, (error: Error) => error.message))
      expect(await Promise.all(lost)).toEqual(['Query read timeout', 'Query read timeout'])
      isSilent = false
      expect(await until(ask, 'an answer')).toEqual([{ said: 'yes' }])
      await guard.check()
    })
  },
  { tcp: true },
)
