import { EventEmitter } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { connectStock, leakCheck, onUnhandled, startServer } from '../src/index.ts'

test('[TK6] the leak check passes when all that was opened is closed', async () => {
  const emitter = new EventEmitter()
  const leaks = leakCheck({ emitters: { emitter } })
  const timer = setInterval(() => undefined, 5).unref()
  const listener = () => undefined
  emitter.on('change', listener)
  clearInterval(timer)
  emitter.off('change', listener)
  await leaks.verify()
})

test('[TK6] the leak check names a timer with its origin, unreferenced or not', async () => {
  const leaks = leakCheck({ limitMs: 50 })
  const timer = setTimeout(() => undefined, 60_000).unref()
  await expect(leaks.verify()).rejects.toThrow(/left open:\s+timer made at .*guards\.test\.ts/)
  clearTimeout(timer)
})

test('[TK6] the leak check passes over what it is told to', async () => {
  const leaks = leakCheck({ limitMs: 50, ignore: /guards\.test\.ts/ })
  const timer = setTimeout(() => undefined, 10_000)
  await leaks.verify()
  clearTimeout(timer)
})

test('[TK6] the leak check names listeners and handles', async () => {
  const emitter = new EventEmitter()
  emitter.on('change', () => undefined)
  const leaks = leakCheck({ emitters: { emitter }, limitMs: 50 })
  const tcp = createServer()
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  emitter.on('change', () => undefined)
  emitter.on('drain', () => undefined)
  const verdict = expect(leaks.verify()).rejects
  await verdict.toThrow(/handle TCPServerWrap[\s\S]*listener emitter "change"[\s\S]*listener emitter "drain"/)
  await new Promise((resolve) => tcp.close(resolve))
})

test('[TK6] the leak check names rooms, but not the room that each socket has of itself', async () => {
  const server = await startServer()
  const leaks = leakCheck({ rooms: server.io, limitMs: 50 })
  const client = connectStock(server.url)
  await client.next('connect')
  expect(leaks.left().filter((name) => name.startsWith('room'))).toEqual([])
  server.io.socketsJoin('forgotten')
  await expect(leaks.verify()).rejects.toThrow('room forgotten')
  client.close()
  await server.close()
})

test('[TK7] an unhandled rejection and an uncaught exception fail the check', async () => {
  const guard = onUnhandled()
  void Promise.reject(new Error('nobody caught me'))
  setImmediate(() => {
    throw new Error('thrown out of everything')
  })
  await expect(guard.check()).rejects.toThrow(
    /2 unhandled[\s\S]*nobody caught me[\s\S]*thrown out of everything/,
  )
})

test('[TK7] a quiet test passes, and the listeners of the runner are back afterwards', async () => {
  const before = process.listeners('unhandledRejection')
  const guard = onUnhandled()
  expect(process.listeners('unhandledRejection')).not.toEqual(before)
  await Promise.reject(new Error('caught')).catch(() => undefined)
  await guard.check()
  expect(process.listeners('unhandledRejection')).toEqual(before)
})
