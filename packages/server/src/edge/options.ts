import type { Catalogue, Kinds } from '@carillon/protocol'
import type { NotificationStore } from '@carillon/store'
import type { Socket } from 'socket.io'
import type { AuthorizationRequest, ValidationRequestOf } from '../flows/ports.ts'
import type { Identity } from '../rules/identity.ts'
import type { RateBounds, ServerLimits, StatsOptions } from './limits.ts'
import type { Log } from './log.ts'
import type { ChannelPolicies } from './policies.ts'

/** Who a connection belongs to, as the host knows it. */
export interface AuthenticatedUser<Claims = unknown> {
  readonly userId: string
  /** Shown as the sender. @default the userId */
  readonly username?: string | undefined
  /** Whatever else the host knows: roles, a tenant. The hooks get it as `user.claims`; no client ever does. */
  readonly claims?: Claims | null | undefined
  /**
   * When the proof ends: a `Date`, or milliseconds since 1970 (`exp` of a JWT counts seconds). Then the client is
   * told to renew, and the connection ends, unless `refresh-auth` has renewed it before.
   * @default never
   */
  readonly expiresAt?: Date | number | null | undefined
}

/** What `authenticate` says: a user, nobody, or a user whose proof is no longer good and has to be renewed. */
export type Authentication<Claims = unknown> =
  | AuthenticatedUser<Claims>
  | 'expired'
  | null
  | false
  | undefined

/** Rates, and where they are counted. */
export interface RateOptions extends RateBounds {
  /**
   * A client of Redis (ioredis or redis), connected by the host: then users and addresses are counted over all nodes.
   * When it does not answer, each node counts by itself; `problem` and `log` say so once, and `log` when it is back.
   * @default each node counts by itself
   */
  readonly redis?: object
}

/** Options of {@link attachNotifications}. All may be left out. */
export interface NotificationsOptions<K extends Kinds = Kinds, Claims = unknown> {
  /**
   * Where notifications and cursors live. A store that is given is not closed by `close()`.
   * @default the memory store: bounded, lost with the process
   */
  readonly store?: NotificationStore
  /**
   * Says who a connection belongs to. Called for each connection before anything is served, while requests wait for
   * it, and again when the client renews its proof (`refresh-auth`). `auth` is what the client says of itself: of the
   * handshake, or the new one; `socket.handshake.auth` stays as your middleware saw it.
   * Return the user; `'expired'` for a proof that was good and is over: the client is told to renew it
   * (`token-expired`); or `null` or `false` to refuse (`unauthenticated`). Both disconnect, but for a renewal, which
   * changes nothing then. A throw, a rejection, an answer of another shape and silence beyond `limits.hookTimeoutMs`
   * refuse as well; the fault goes to `problem` and `log`, never to the client.
   *
   * The type of `claims` in the other hooks is what it says here. TypeScript reads the options in their order: write
   * `authenticate` before them, or the type of its `socket` (`(socket: Socket) => …`); otherwise `claims` are `unknown`
   * there.
   * @default the `user_id` and `username` that the client claims in `auth`, marked unverified
   */
  authenticate?(
    socket: Socket,
    auth: Socket['handshake']['auth'],
  ): Authentication<Claims> | Promise<Authentication<Claims>>
  /**
   * Says whether a user may do something. Called after the check of the request, before anything is read or
   * stored. Only `true` allows; `false` refuses with `not-allowed`. A throw and silence refuse with
   * `hook-failed`, and the socket stays open.
   * @default everybody may do everything
   */
  readonly authorize?: (request: AuthorizationRequest<NoInfer<Claims>>) => boolean | Promise<boolean>
  /**
   * Who may join, send to and read the history of the channels whose name fits a pattern. The first that fits holds;
   * `authorize`, if given, has to agree. See {@link ChannelPolicies}.
   *
   * ```ts
   * policies: { 'orders:*': { send: 'server', history: { read: 'members', rewind: 20 } }, '*': { join: 'users' } }
   * ```
   * @default every channel is open
   */
  readonly policies?: ChannelPolicies<NoInfer<Claims>>
  /**
   * Which of the active channels `get-channels` may tell a user of: asked once for all of them. What is not among
   * `names` is passed over. A throw and silence refuse with `hook-failed`.
   * @default all; with `policies`, those that the user may join or is in; with `authorize`, those it is in
   */
  readonly visible?: (
    user: Identity<NoInfer<Claims>>,
    names: readonly string[],
  ) => Iterable<string> | Promise<Iterable<string>>
  /**
   * Has the last word on a notification that a client sends, after the check of its shape and of its kind, and before
   * `authorize`: `data` are what the schema of the kind made of them. Return nothing to accept, or a sentence or a list
   * of sentences for the sender to read. A throw and silence refuse with `hook-failed`. Not called for what the host
   * itself sends.
   * @default every well-formed notification is accepted
   */
  readonly validate?: (
    notification: ValidationRequestOf<K, NoInfer<Claims>>,
  ) => string | readonly string[] | undefined | Promise<string | readonly string[] | undefined>
  /**
   * The kinds of notifications that there are, each with a schema for its `data`: any Standard Schema, of zod,
   * valibot, arktype and others. The handle's `send` and `validate` know their types, and so does a client that is
   * given them: `connectNotifications<typeof kinds>(url)`.
   *
   * For clients and for the host itself, before `validate`: an unknown kind is refused with `unknown-kind`; `data` go
   * to the schema of the kind (`undefined` if there are none), sync or async; what it objects to is refused with
   * `invalid-data`, in its own words; what it makes of them, a JSON object or nothing, is what is stored and
   * delivered. A schema that throws, takes longer than `limits.hookTimeoutMs` or gives anything else refuses with
   * `hook-failed`; the fault goes to `problem` and `log`. A notification without a kind may have any `data`.
   * @default any kind is relayed, with any data
   */
  readonly kinds?: K
  /**
   * `open` states that claimed identities are wanted. In production (`NODE_ENV`) either this or `authenticate`
   * must be given.
   */
  readonly access?: 'open'
  /** Language of the sentences, or a catalogue of your own. @default 'fr' */
  readonly locale?: 'fr' | 'en' | Catalogue
  /** Name under which the streams of a namespace are kept. @default the namespace's name */
  readonly scope?: string
  readonly limits?: ServerLimits
  /**
   * How often a socket, a user and an address may do something; `false` for as often as they like. Who is over a
   * bound is refused with `too-many-requests`, and told when to come back.
   */
  readonly rates?: RateOptions | false
  /**
   * What a channel may be called, beyond what the protocol says. Beware of patterns that take long on long names.
   * @default any name
   */
  readonly channelPattern?: RegExp
  /**
   * Where a socket comes from, for what is counted by address; `null` counts it nowhere. Behind a proxy this has to
   * be told, see SECURITY.md. A throw counts nowhere.
   * @default the address of the connection, unless it is of the own network, where proxies are
   */
  address?(socket: Socket): string | null | undefined
  /** How often `server-stats` goes out; `false` for never, and then only `get-stats` tells. */
  readonly stats?: StatsOptions | false
  /** Sender of what the host sends without naming one. @default the name in the language, "Serveur" */
  readonly serverName?: string
  /** Where faults and start-up facts are written; `false` for nowhere. @default console */
  readonly log?: Log | false
}
