import type { Kinds } from '@carillon/protocol'
import type { ManagerOptions, Socket, SocketOptions } from 'socket.io-client'
import { connectOptionsProblem, storageProblem, targetProblem } from '../rules/arguments.ts'
import { type ClientOptions, OWN_OPTIONS, resolveOptions } from '../rules/options.ts'
import { createClient } from './client.ts'
import type { Auth } from './handshake.ts'
import { borrow, openOwn } from './open-socket.ts'
import { openStorage } from './storage.ts'
import type { NotificationsClient } from './surface.ts'

/** Options of a connection that the client makes itself: its own, and all of socket.io-client's. */
export interface ConnectOptions
  extends ClientOptions,
    Partial<Omit<ManagerOptions, keyof ClientOptions>>,
    Partial<Omit<SocketOptions, 'auth'>> {
  /**
   * Who the user is. A function is asked at every (re)connect, so that it can bring a fresh token; if it throws
   * or rejects, the client is `suspended` and tells a `problem` with the code `auth-failed`. It is asked in between,
   * too, before the time is up for which the server accepts what it said; if it fails then, it is asked again while
   * there is time. One client is one user: make another when somebody else signs in.
   */
  readonly auth?: Auth
}

/**
 * Connects to a server with Carillon attached. Returns at once: calls wait for the connection.
 *
 * `connectNotifications<typeof kinds>(url)`, with the `kinds` of the server by a type-only import, types what is sent
 * and what comes: `if (notification.kind === 'order.created')` then knows its `data`. It is the server that checks
 * them. One that is newer than this page may send kinds that are not among them, and history has what was stored
 * under the schemas of its time.
 *
 * @param url address and namespace of the server, as socket.io-client takes it: `'/'`, `'https://host/tenant-a'`
 * @throws NotificationsError with code `bad-option`
 */
export function connectNotifications<K extends Kinds = Kinds>(
  url: string,
  options?: ConnectOptions,
): NotificationsClient<K>
/**
 * Uses a socket of socket.io-client that its owner made and goes on owning: its events, rooms and options stay as
 * they are. Every handshake from now on says who we are. A socket that is connected already is used as it is until
 * its next reconnect; a send that is under way when that first connection breaks rejects with `disconnected`,
 * because the server might store it twice.
 *
 * @throws NotificationsError with code `bad-option`
 */
export function connectNotifications<K extends Kinds = Kinds>(
  socket: Socket,
  options?: ClientOptions,
): NotificationsClient<K>
// Here the types of the kinds end: inside, a kind is text and its data are any JSON, on the word of the server.
export function connectNotifications(
  target: string | Socket,
  options: ConnectOptions = {},
): NotificationsClient {
  const problem =
    targetProblem(target) ?? connectOptionsProblem(options, OWN_OPTIONS) ?? storageProblem(options)
  if (problem !== null) throw problem
  const { timeoutMs, maxWaiting, storage, outbox, auth, ...transport } = options
  const settings = resolveOptions({ timeoutMs, maxWaiting })
  const to = typeof target === 'string' ? openOwn(target, auth, transport) : borrow(target)
  return createClient(to, settings, openStorage(storage), outbox === 'storage')
}
