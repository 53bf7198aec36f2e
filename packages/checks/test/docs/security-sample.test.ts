/* The sample with which SECURITY.md begins is what people copy: it has to be valid, with what it takes for granted. */
import { createServer } from 'node:http'
import {
  allowOrigins,
  attachNotifications,
  type NotificationsHandle,
  type NotificationsOptions,
} from '@carillon/server'
import { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { codeBlocksOf } from '../../src/markdown.ts'
import { read } from '../../src/repository.ts'

const [sample = ''] = codeBlocksOf(read('docs/SECURITY.md'))
  .filter(({ under }) => under === 'In one evening')
  .map(({ text }) => text)

/** A Standard Schema that accepts everything. */
const ANY = { '~standard': { version: 1, vendor: 'stand-in', validate: (value: unknown) => ({ value }) } }

/** What the sample imports, and what it leaves to the host. */
const STAND_INS = {
  allowOrigins,
  Server,
  verify: () => ({ userId: 'alice' }),
  ownsOrder: () => true,
  // proxy-addr throws without its second argument.
  proxyAddress(request: unknown, trust: unknown) {
    if (trust === undefined) throw new TypeError('trust argument is required')
    return request
  },
  z: { object: () => ANY, string: () => ANY },
}

test('[D15] the sample "In one evening" starts a server', async () => {
  const httpServer = createServer()
  let handle: NotificationsHandle | undefined
  let options: NotificationsOptions = {}
  const given = {
    ...STAND_INS,
    httpServer,
    attachNotifications(...call: Parameters<typeof attachNotifications>) {
      options = { ...call[1], log: false }
      handle = attachNotifications(call[0], options)
      return handle
    },
  }
  // What it names beside these is not defined, and throws.
  const run = new Function(
    ...Object.keys(given),
    `'use strict'; ${sample.replace(/^import .*$/gm, '')}; return io`,
  )
  const io: unknown = Reflect.apply(run, undefined, Object.values(given))
  expect(handle).toBeDefined()
  expect(Reflect.apply(Object(options).address, undefined, [{ request: 'a request' }])).toBe('a request')
  expect(Reflect.apply(Object(options).authenticate, undefined, ['a socket', {}])).toEqual({
    userId: 'alice',
  })
  await handle?.close()
  if (io instanceof Server) await io.close()
})
