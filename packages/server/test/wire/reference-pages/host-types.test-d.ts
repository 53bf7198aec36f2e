/*
 * A host's own typed Server is accepted as it is.
 * Ids: R-TYPED
 */
import type { Namespace, Server, Socket } from 'socket.io'
import { assertType, expectTypeOf, test } from 'vitest'
import { attachNotifications, type NotificationsHandle } from '../../../src/index.ts'

interface ServerToClient {
  'chat-message': (data: { username: string; message: string }) => void
  'user-left': (data: { userCount: number }) => void
}
interface ClientToServer {
  join: (username: string) => void
  'chat-message': (message: string, ack: (ok: boolean) => void) => void
}
interface InterServer {
  ping: () => void
}
interface SocketData {
  user: { id: string }
}

declare const plain: Server
declare const typed: Server<ClientToServer, ServerToClient>
declare const full: Server<ClientToServer, ServerToClient, InterServer, SocketData>
declare const namespace: Namespace<ClientToServer, ServerToClient, InterServer, SocketData>

test('[R-TYPED] servers and namespaces of every type attach without a cast', () => {
  expectTypeOf(attachNotifications(plain)).toEqualTypeOf<NotificationsHandle>()
  assertType<NotificationsHandle>(attachNotifications(typed))
  assertType<NotificationsHandle>(attachNotifications(full))
  assertType<NotificationsHandle>(attachNotifications(namespace))
  assertType<NotificationsHandle>(attachNotifications(full.of('/admin')))
  assertType<NotificationsHandle>(attachNotifications(full.of(/^\/team-\w+$/)))
})

test('[R-TYPED] hooks may be async or not, and get a socket', () => {
  attachNotifications(full, {
    authenticate: (socket) => {
      expectTypeOf(socket).toExtend<Socket>()
      return { userId: String(socket.handshake.auth.token) }
    },
    authorize: async ({ action, channel }) => action === 'join' && channel !== null,
    validate: ({ title }) => (title === '' ? ['empty'] : undefined),
  })
})

test('[R-TYPED] mistakes do not compile', () => {
  // @ts-expect-error a URL is no server
  attachNotifications('http://localhost:3000')
  // @ts-expect-error a misspelled option
  attachNotifications(plain, { autenticate: () => null })
  // @ts-expect-error a user needs an id
  attachNotifications(plain, { authenticate: () => ({ username: 'Alice' }) })
  // @ts-expect-error an answer is yes or no
  attachNotifications(plain, { authorize: () => 'yes' })
  // @ts-expect-error an unknown language
  attachNotifications(plain, { locale: 'de' })
  const notifications = attachNotifications(plain)
  // @ts-expect-error a title is obligatory
  void notifications.send({ channel: 'devops', message: 'm' })
  // @ts-expect-error an unknown type
  void notifications.send({ title: 't', message: 'm', type: 'urgent' })
  // @ts-expect-error there is no event "error"
  notifications.on('error', () => undefined)
  notifications.on('joined', (fact) => {
    expectTypeOf(fact.channel).toBeString()
    // @ts-expect-error a fact without such a field
    void fact.room
  })
})
