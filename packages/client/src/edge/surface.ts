import type {
  AuthRefreshed,
  ChannelLeft,
  ChannelsList,
  ConnectionConfirmed,
  HistoryPageOf,
  HistoryQuery,
  Kinds,
  NotificationInputOf,
  NotificationOf,
  NotificationSent,
  ServerStats,
  StreamName,
} from '@carillon/protocol'
import type { NotificationsError } from '../rules/errors.ts'
import type { ConnectionStatus } from '../rules/status.ts'
import type { Listening } from './emitter.ts'
import type { AuthFields } from './handshake.ts'
import type { StreamLoss, Subscription } from './subscription.ts'
import type { JoinCallOptions, RequestOptions } from './waiters.ts'

export type ClientEvents<K extends Kinds = Kinds> = {
  /** Every notification: of channels, broadcasts, personal ones. Each once, in the order of its stream. */
  notification: (notification: NotificationOf<K>) => void
  /**
   * Part of a stream is gone, while connected or on the return from an absence: what the application knows of it may be
   * incomplete or no longer true. What is there comes after it, on a log that was put back perhaps once more.
   */
  reset: (loss: StreamLoss) => void
  status: (status: ConnectionStatus) => void
  /** The server's statistics, when they change and when they were asked for. */
  stats: (stats: ServerStats) => void
  /** The server confirmed a connection, the first one and each later one. */
  confirmed: (confirmed: ConnectionConfirmed) => void
  /**
   * What no call can be rejected with: the server's last words, a refused connection, a renewal of `auth` that failed, a
   * listener that threw. Last words that are `retryable` ended the connection for now: the client comes back by itself.
   */
  problem: (problem: NotificationsError) => void
}

/** Which page of which stream. */
export type HistoryRequest = Omit<HistoryQuery, 'stream'> &
  ({ readonly channel: string } | { readonly stream: StreamName })

/**
 * A connection to a server with Carillon attached. Everything that asks the server waits for the connection.
 *
 * `K` are the kinds that the server was given, as a type: see {@link connectNotifications}.
 */
export interface NotificationsClient<K extends Kinds = Kinds> extends Listening<ClientEvents<K>> {
  readonly status: ConnectionStatus
  /** Who the server takes this client for: `null` for a guest and before the first confirmation. */
  readonly userId: string | null
  /**
   * Random id of this client; it stays over reconnects and, with a `storage`, over reloads of the page. With an `auth`
   * function or a socket that was handed in, an earlier page's id is known from the first handshake on.
   */
  readonly clientId: string

  /**
   * Joins a channel, now and again after every reconnect. Joining twice gives the same subscription. What
   * follows the join waits for a listener that is attached right after the `await`. A page that loads again joins by
   * itself, and goes on where the page before stopped; `recovered` of the subscription says whether all is there.
   *
   * Rejects when the server refuses (`isNotificationsError`), and at the end of the wait; a join that had left
   * by then may still come about, and the next call gives its subscription.
   */
  joinChannel(channel: string, options?: JoinCallOptions): Promise<Subscription<K>>

  /**
   * Leaves a channel: to leave is to unsubscribe, what is missed from now on is not kept. The subscription ends
   * at once, also offline; the promise waits until the server has confirmed. Need not be awaited.
   */
  leaveChannel(channel: string, options?: RequestOptions): Promise<ChannelLeft>

  /**
   * Sends to a channel, to a user (`to`), or to everybody. Resolves when the server has stored it. However
   * often it goes out, over reconnects and when the server says "not now", it becomes one notification. Sends to one
   * channel, to one user, and to everybody are stored in the order of their calls, each kind for itself; a `joinChannel`
   * or `leaveChannel` does not wait for a send that is tried again.
   *
   * Rejects with `bad-option` when it has a field that there is not, and with the server's code, unsent, when a field is
   * larger than the `limits` that the server has confirmed. Rejects with `queue-full` when too many wait, and with the
   * server's code when that refused: at once, at the end of the time limit if it said "not now", or when a later send to
   * the same place went by meanwhile. `outcome` is `'unsent'` or `'refused'` when it is surely not stored, else
   * `'unknown'`: trying again with the error's `idempotencyKey` is safe.
   */
  sendNotification(notification: NotificationInputOf<K>, options?: RequestOptions): Promise<NotificationSent>

  /**
   * One page of what was sent before, the oldest first: to a channel (`{ channel: 'devops', limit: 50 }`), to everybody
   * (`{ stream: 'b' }`) or to this user (`{ stream: 'u' }`). Without `before` and `after` it is the last page; the
   * `offset` of its first item as the next `before` leads further back, as long as `hasMore`. Nothing is joined and no
   * position moves.
   */
  history(query: HistoryRequest, options?: RequestOptions): Promise<HistoryPageOf<K>>

  stats(options?: RequestOptions): Promise<ServerStats>
  /** Active channels, as far as this user may see them. */
  channels(options?: RequestOptions): Promise<ChannelsList>

  /**
   * Renews who this user is, on the connection that stands: with `auth`, or with what a handshake would say now (the
   * `auth` function is asked, the object is read). Resolves to who the server takes the client for, and to the
   * milliseconds until that ends (`authExpiresInMs`; absent: never). Nobody need call it to keep a token fresh: where
   * `auth` is a function, the client asks it again in time by itself.
   *
   * It must be the same user. What is given counts for this connection: the next handshake says what the `auth` of the
   * client says. Rejects with `unauthenticated` or `token-expired` when the server refuses, with `hook-failed` when it
   * could not tell, with `auth-failed` when the function threw; whatever the refusal, all stays as it was, the end of
   * what was proved before included.
   */
  refreshAuth(auth?: AuthFields, options?: RequestOptions): Promise<AuthRefreshed>

  /** Tries again when `status` is `suspended`; else it does nothing. */
  connect(): void
  /**
   * Ends the client for good: what waits is rejected with `closed`, subscriptions end, the connection too. A
   * socket that was handed in stays connected and has its own `auth` back. Twice is harmless.
   */
  close(): void
}
