import { ClientEvent, ServerEvent } from '@carillon/protocol'
import { attachNotifications, createMemoryStore, type NotificationsHandle } from '@carillon/server'
import { connectRaw, leakCheck, type RawClient, startServer, until } from '@carillon/testkit'
import type { Namespace, Server } from 'socket.io'
import { HONEST, PRIVATE } from './values.ts'

/** A server where anything may happen, and somebody honest who must not notice. */
export interface Place {
  readonly url: string
  readonly io: Server
  readonly notifications: NotificationsHandle
  readonly honest: RawClient
  /** The honest one's, to tell it from others on the server's side. */
  readonly honestId: string
  /** Throws when somebody who came has left something behind, or the honest one is not served as before. */
  expectUntouched(): Promise<void>
  /** Throws when anything at all is left open. */
  close(): Promise<void>
}

/** Breaks the server in some way: what must be found. */
export type Sabotage = (io: Server, notifications: NotificationsHandle) => void

/** As long as anything in the test kit. */
const LIMIT_MS = 5_000
/** Small, so that a long run fills it, and then holds no more. */
const STORE = { maxStreams: 200, maxItemsPerStream: 50, maxBytes: 2_000_000, maxCursors: 200 }

/** Some hundred scenarios a second, from one address; and the honest one writes in each of them. */
const MANY = 1_000_000
const RATES = {
  requestsPerSocket: MANY,
  sendsPerSocket: MANY,
  sendsPerUser: MANY,
  joinsPerUser: MANY,
  sendsPerAddress: MANY,
  joinsPerAddress: MANY,
  connectionsPerAddress: MANY,
}

/** @param limitMs how long may be waited for what must come, or go */
export async function openPlace(sabotage?: Sabotage, limitMs = LIMIT_MS): Promise<Place> {
  const leaks = leakCheck({ limitMs })
  const server = await startServer()
  const { io } = server
  const store = createMemoryStore(STORE)
  const notifications = attachNotifications(io, {
    store,
    log: false,
    stats: { minIntervalMs: 60_000 },
    limits: { requestsPerSocket: 100 },
    rates: RATES,
    // Some answers at once, some later: both ways through the lanes.
    authorize: ({ user, channel }) => {
      const isAllowed = channel !== PRIVATE || user.userId === HONEST
      return channel === null ? isAllowed : Promise.resolve(isAllowed)
    },
  })
  sabotage?.(io, notifications)
  const honest = connectRaw(server.url, { name: HONEST, auth: { user_id: HONEST, username: HONEST } })
  const { socketId } = await honest.next(ServerEvent.ConnectionConfirmed)
  await honest.sendEventWithAck(ClientEvent.JoinChannel, PRIVATE)
  const former = traces(io.of('/')).join()
  let sent = 0

  async function expectServed(): Promise<void> {
    const title = `still here ${++sent}`
    const input = { channel: PRIVATE, title, message: title }
    const answer = await honest.sendEventWithAck(ClientEvent.SendNotification, input)
    if (Reflect.get(Object(answer), 'ok') !== true)
      throw new Error(`the honest one was refused: ${JSON.stringify(answer)}`)
    await honest.next(ServerEvent.NotificationReceived, (received) => received.title === title)
  }

  function expectUndisturbed(): void {
    if (honest.all(ServerEvent.ErrorMessage).length > 0)
      throw new Error('the honest one was told of a problem')
    for (const { channel, sender } of honest.all(ServerEvent.NotificationReceived)) {
      if (channel === PRIVATE && sender !== HONEST)
        throw new Error('somebody else wrote into the private channel')
    }
  }

  return {
    url: server.url,
    io,
    notifications,
    honest,
    honestId: socketId,
    async expectUntouched() {
      await until(() => io.engine.clientsCount === 1, 'only the honest one is connected')
      await expectServed()
      expectUndisturbed()
      const isTidy = (): boolean => traces(io.of('/')).join() === former
      await until(isTidy, 'no room and no listener more than before', limitMs)
      const { connectedClients, activeChannels } = await notifications.stats()
      if (connectedClients !== 1 || activeChannels !== 1)
        throw new Error(
          `${connectedClients} clients and ${activeChannels} channels are counted, not one each`,
        )
    },
    async close() {
      await honest.close()
      await notifications.close()
      await store.close()
      await server.close()
      await leaks.verify()
    },
  }
}

/** Rooms and listeners, but the rooms that Socket.IO gives every socket. */
function traces(nsp: Namespace): string[] {
  const rooms = [...nsp.adapter.rooms.keys()].filter((name) => !nsp.sockets.has(name))
  const listeners = [nsp, nsp.adapter, nsp.server.engine].flatMap((emitter) =>
    emitter.eventNames().map((event) => `${String(event)} ${emitter.listenerCount(event)}`),
  )
  return [...rooms, ...listeners].sort()
}
