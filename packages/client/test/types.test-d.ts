import type { ChannelsList, NotificationReceived, NotificationSent, ServerStats } from '@carillon/protocol'
import type { Socket } from 'socket.io-client'
import { expectTypeOf, test } from 'vitest'
import {
  type AuthRefreshed,
  type ConnectionStatus,
  connectNotifications,
  isNotificationsError,
  type NotificationsClient,
  type NotificationsError,
  type Subscription,
} from '../src/index.ts'

declare const client: NotificationsClient

test('[CL10] calls have the types of the protocol', () => {
  expectTypeOf(client.joinChannel('devops')).resolves.toEqualTypeOf<Subscription>()
  expectTypeOf(
    client.sendNotification({ title: 'a', message: 'b' }),
  ).resolves.toEqualTypeOf<NotificationSent>()
  expectTypeOf(client.stats()).resolves.toEqualTypeOf<ServerStats>()
  expectTypeOf(client.channels()).resolves.toEqualTypeOf<ChannelsList>()
  expectTypeOf(client.refreshAuth()).resolves.toEqualTypeOf<AuthRefreshed>()
  expectTypeOf(client.status).toEqualTypeOf<ConnectionStatus>()
})

test('[CL10] a listener knows what it gets, and chaining keeps the type', () => {
  client.on('notification', (notification) =>
    expectTypeOf(notification).toEqualTypeOf<NotificationReceived>(),
  )
  client.on('problem', (problem) => expectTypeOf(problem).toEqualTypeOf<NotificationsError>())
  client.on('status', (status) => expectTypeOf(status).toEqualTypeOf<ConnectionStatus>())
  expectTypeOf(
    client.on('stats', () => undefined).off('stats', () => undefined),
  ).toEqualTypeOf<NotificationsClient>()
  expectTypeOf(client.listeners('status')).toEqualTypeOf<((status: ConnectionStatus) => void)[]>()
})

test('[CL10] misuse does not compile', () => {
  // @ts-expect-error a channel is a string
  void client.joinChannel(42)
  // @ts-expect-error there is no event of this name
  client.on('notifications', () => undefined)
  // @ts-expect-error no event is called error
  client.on('error', () => undefined)
  // @ts-expect-error a title is obligatory
  void client.sendNotification({ message: 'b' })
  // @ts-expect-error a message is obligatory
  void client.sendNotification({ title: 'a' })
  // @ts-expect-error there is no type of this name
  void client.sendNotification({ title: 'a', message: 'b', type: 'danger' })
  // @ts-expect-error data is an object
  void client.sendNotification({ title: 'a', message: 'b', data: [1] })
  // @ts-expect-error a receiver is a user
  void client.sendNotification({ title: 'a', message: 'b', to: 'alice' })
  // @ts-expect-error only the client emits
  client.emit('notification')
  // @ts-expect-error the status is the client's own
  client.status = 'connected'
  // @ts-expect-error there is no field of this name
  void client.sendNotification({ title: 'a', message: 'b', chanel: 'team' })
  // @ts-expect-error who the user is, is an object
  void client.refreshAuth('token')
  // @ts-expect-error a user id is a string
  void client.refreshAuth({ user_id: 42 })
  // @ts-expect-error a user id is a string
  connectNotifications('/', { auth: { user_id: 42 } })
  // @ts-expect-error a socket brings its own auth
  connectNotifications({} as Socket, { auth: {} })
})

test('[CL10] auth may be all that it may be, and options of Socket.IO are taken', () => {
  connectNotifications('/', { auth: { user_id: 'a' } })
  connectNotifications('/', { auth: { user_id: 'a', username: 'A', tenant: 7 } })
  connectNotifications('/', { auth: async () => ({ token: 'a' }) })
  connectNotifications('/', { auth: (done) => done({ token: 'a' }) })
  connectNotifications('/', {
    path: '/other/',
    transports: ['websocket'],
    reconnectionAttempts: 3,
    timeoutMs: 1,
  })
  connectNotifications('/', { storage: sessionStorage, outbox: 'storage' })
  connectNotifications('/', { storage: false, outbox: 'memory' })
  // @ts-expect-error an outbox is kept in one of two places
  connectNotifications('/', { outbox: 'disk' })
  // @ts-expect-error a storage answers at once
  connectNotifications('/', { storage: { getItem: async () => null, setItem() {}, removeItem() {} } })
  // @ts-expect-error not an option
  connectNotifications('/', { timeout_ms: 1 })
})

interface HostListens {
  'chat message': (text: string) => void
}
interface HostEmits {
  typing: (isTyping: boolean) => void
}

test('[CL10] a socket with events of its own is accepted as it is', () => {
  connectNotifications({} as Socket)
  connectNotifications({} as Socket<HostListens, HostEmits>, { timeoutMs: 5 })
})

test('[CL10] a subscription says why it ended', () => {
  expectTypeOf<Subscription['reason']>().toEqualTypeOf<'client' | 'refused' | 'revoked' | 'closed' | null>()
  client.refreshAuth({ token: 't', user_id: null }, { timeoutMs: 5 }).catch(() => undefined)
})

test('[CL10] the guard tells what was caught', () => {
  const caught: unknown = null
  if (isNotificationsError(caught)) expectTypeOf(caught).toEqualTypeOf<NotificationsError>()
})
