import {
  connectRaw,
  leakCheck,
  onUnhandled,
  type RawClient,
  type RawOptions,
  startServer,
  until,
} from '@carillon/testkit'
import type { Namespace, Server, ServerOptions } from 'socket.io'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import {
  attachNotifications,
  type NotificationsError,
  type NotificationsHandle,
  type NotificationsOptions,
} from '../../src/index.ts'
import { afterTest, as, note, raw } from '../wire/stage.ts'

/** One server for the tests of a file, an honest client that is always there, and attackers for one test each. */
export interface HostileRoom {
  readonly url: string
  readonly io: Server
  readonly notifications: NotificationsHandle
  /** The honest one: it is in {@link PUBLIC}, and must never notice anything. */
  readonly honest: RawClient
  /** What went to `problem` in this test. */
  readonly problems: readonly NotificationsError[]
  /** What the logger of the host got in this test, line by line. */
  readonly logged: readonly unknown[][]
  /** Somebody who is connected, and confirmed. */
  attacker(options?: RawOptions): Promise<RawClient>
}

/** The channel of the honest client. */
export const PUBLIC = 'public'

/** After a body that it cannot read, Engine.IO keeps the transport for half a minute, whoever comes or goes. */
const OF_ENGINE_IO = /Polling\.doClose/

/** What is no offset, in JSON. */
export const ODD_OFFSETS = [
  '-1',
  '1e308',
  '1e999',
  '"x"',
  'null',
  '{}',
  '[]',
  '0.5',
  '9007199254740992',
  'true',
]

interface RoomOptions extends NotificationsOptions {
  readonly ioOptions?: Partial<ServerOptions>
  /** What the host does besides. */
  readonly host?: (io: Server) => void
}

/**
 * Sets the room up for the tests of a file, of which there can be one. After each test the attackers leave, and then: nothing went unhandled,
 * the honest client is served and heard of nothing else, no room, listener or connection is left. After the last
 * one nothing of the server is left at all.
 */
export function hostileRoom({ ioOptions, host, ...options }: RoomOptions = {}): HostileRoom {
  let room: Room | undefined
  const get = (): Room => {
    if (room === undefined) throw new Error('the room is not there yet')
    return room
  }
  beforeAll(async () => {
    room = await openRoom(options, ioOptions, host)
  })
  beforeEach(() => {
    const { io, honest, problems, logged } = get()
    problems.length = 0
    logged.length = 0
    const guard = onUnhandled()
    const former = traces(io.of('/'))
    afterTest(async () => {
      await until(() => io.engine.clientsCount === 1, 'only the honest one is there')
      await expectServed(honest)
      await until(() => traces(io.of('/')).join() === former.join(), 'no room and no listener more')
      await guard.check()
    })
  })
  afterAll(async () => {
    const { io, honest, server, notifications, check } = get()
    await honest.close()
    await until(() => io.engine.clientsCount === 0, 'nobody is there')
    await notifications.close()
    await server.close()
    await check.verify()
  })
  return {
    get url() {
      return get().server.url
    },
    get io() {
      return get().io
    },
    get notifications() {
      return get().notifications
    },
    get honest() {
      return get().honest
    },
    get problems() {
      return get().problems
    },
    get logged() {
      return get().logged
    },
    async attacker(attackerOptions = {}) {
      const client = raw(get().server.url, { name: 'attacker', ...attackerOptions })
      await client.next('connection-confirmed')
      return client
    },
  }
}

type Room = Awaited<ReturnType<typeof openRoom>>

async function openRoom(
  options: NotificationsOptions,
  ioOptions: Partial<ServerOptions> = {},
  host: (io: Server) => void = () => undefined,
) {
  const check = leakCheck({ ignore: OF_ENGINE_IO })
  const server = await startServer({ ioOptions, onServer: host })
  const { io } = server
  const problems: NotificationsError[] = []
  const logged: unknown[][] = []
  const note = (...line: unknown[]): void => void logged.push(line)
  const log = { info: note, warn: note, error: note }
  const notifications = attachNotifications(io, { log, stats: { minIntervalMs: 60_000 }, ...options })
  notifications.on('problem', (problem) => problems.push(problem))
  const honest = connectRaw(server.url, { name: 'honest', ...as('honest') })
  await honest.next('connection-confirmed')
  await honest.sendEventWithAck('join-channel', PUBLIC)
  await honest.next('channel-joined')
  return { server, io, notifications, honest, problems, logged, check }
}

let last = 0

/** The honest one sends and hears, and has heard of nothing but its own. */
async function expectServed(honest: RawClient): Promise<void> {
  const title = `still here ${++last}`
  const answer = await honest.sendEventWithAck('send-notification', note(PUBLIC, title))
  expect(answer).toMatchObject({ ok: true, channel: PUBLIC })
  await honest.next('notification-received', (received) => received.title === title)
  expect(honest.all('error-message')).toEqual([])
  expect(honest.all('stream-reset')).toEqual([])
}

/** Rooms and listeners of the namespace, but the rooms that Socket.IO gives every socket. */
function traces(nsp: Namespace): string[] {
  const rooms = [...nsp.adapter.rooms.keys()].filter((name) => !nsp.sockets.has(name))
  const ofSockets = [...nsp.sockets.values()].flatMap((socket) =>
    [socket, socket.conn].flatMap((emitter) => emitter.eventNames().map((event) => String(event))),
  )
  const ofAll = [nsp, nsp.adapter, nsp.server.engine].flatMap((emitter) =>
    emitter.eventNames().map((event) => `${String(event)} ${emitter.listenerCount(event)}`),
  )
  return [...rooms, ...ofSockets, ...ofAll].sort()
}
