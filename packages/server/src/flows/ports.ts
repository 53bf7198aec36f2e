import type {
  DataOf,
  JsonObject,
  KindOf,
  Kinds,
  NotificationDraft,
  Problem,
  ServerEvent,
} from '@carillon/protocol'
import type { News } from '@carillon/store'
import type { Backlog } from '../rules/backlog.ts'
import type { Identity } from '../rules/identity.ts'

/** One connection of a client, as far as the flows know it. */
export interface Peer {
  readonly id: string
}

/** Frames and rooms. Emits to the sockets of this node only, at once and in order. */
export interface Wire {
  emit(peer: Peer, event: ServerEvent, payload: object): void
  /** As `emit`, for a payload that others get as well: it may be encoded once for all of them. */
  emitShared(peer: Peer, event: ServerEvent, payload: object): void
  /** What is emitted to the peer meanwhile leaves together: system calls cost more than what is in them. */
  together(peer: Peer, emit: () => void): void
  emitRoom(room: string, event: ServerEvent, payload: object, exceptRoom?: string): void
  enter(peer: Peer, room: string): void
  leave(peer: Peer, room: string): void
  /** From now on `heartbeat` is called for the peer's answers to pings. */
  watchHeartbeats(peer: Peer): void
  /** Resolves, in a later turn, when what was emitted to the peer has left, or the peer is gone. */
  drained(peer: Peer): Promise<void>
  /** What waits for the peer to take it. */
  backlog(peer: Peer): Backlog
  /** Ends the peer's whole connection at once, with what waits, in the way after which clients come back. */
  cut(peer: Peer): void
  /** Takes the peer out of the namespace; its other namespaces stay. */
  dismiss(peer: Peer): void
  /** Ends the connection, with all namespaces on it, in the way after which clients come back. */
  hangUp(peer: Peer): void
  /** Where the peer comes from; `null` where that is not counted. */
  addressOf(peer: Peer): string | null
  /** When its handshake came, in milliseconds since 1970. */
  connectedAt(peer: Peer): number
}

/** What somebody does that users and addresses may do only so often. */
export interface RateQuestion {
  readonly what: 'connection' | 'join' | 'send'
  /** Whose users these are: the same name elsewhere is somebody else. */
  readonly scope: string
  /** A user that is vouched for; `null` counts for nobody. */
  readonly user: string | null
  readonly address: string | null
}

/** Counts over the connections of a user and of an address. Never rejects. */
export interface Rates {
  /** Counts it. Resolves to 0, or to the milliseconds after which it may be tried again. */
  take(question: RateQuestion): Promise<number>
}

/** The other attachments of this process on the same streams. Other processes hear through the store. */
export interface Neighbours {
  tell(news: News): void
}

export interface Clock {
  /** Milliseconds that never go back. */
  now(): number
  /** Milliseconds since 1970. */
  time(): number
  /** Calls later; the timer keeps no process alive. Returns what cancels it. */
  after(ms: number, run: () => void): () => void
}

/** What is asked of `authorize`. */
export interface AuthorizationRequest<Claims = unknown> {
  readonly action: 'join' | 'send' | 'broadcast' | 'history' | 'list' | 'stats'
  readonly user: Identity<Claims>
  /** The channel in question; `null` for broadcasts, personal notifications and lists. */
  readonly channel: string | null
  /** The user that a personal notification is for. */
  readonly to: string | null
  /** The kind of the notification in question; `null` without one, and where there is no notification. */
  readonly kind: string | null
}

/** What is asked of `validate`: a notification whose shape has been checked. */
export interface ValidationRequest<Claims = unknown> {
  readonly user: Identity<Claims>
  readonly channel: string | null
  readonly to: string | null
  readonly type: NotificationDraft['type']
  readonly title: string
  readonly message: string
  readonly kind: string | null
  /** As the schema of the kind made them. */
  readonly data: JsonObject | null
}

/** The same where kinds are declared: a union that `kind` tells apart. */
export type ValidationRequestOf<K extends Kinds, Claims = unknown> = string extends keyof K
  ? ValidationRequest<Claims>
  : RequestOfKind<null, JsonObject | null, Claims> | RequestOfKinds<K, Claims>[KindOf<K>]

type RequestOfKinds<K extends Kinds, Claims> = {
  readonly [Kind in KindOf<K>]: RequestOfKind<Kind, DataOf<K, Kind>, Claims>
}

type RequestOfKind<Kind, Data, Claims> = Omit<ValidationRequest<Claims>, 'kind' | 'data'> & {
  readonly kind: Kind
  readonly data: Data
}

/** Asks the schema of a kind. What it says is the word of a library that nobody has looked at. */
export type KindSchema = (data: unknown) => unknown

/** The host's hooks as the flows call them: any may be absent, throw, hang or return nonsense. */
export interface Hooks {
  authenticate?(peer: Peer, renewal: JsonObject | null): unknown
  authorize?(request: AuthorizationRequest): unknown
  validate?(request: ValidationRequest): unknown
  visible?(user: Identity, names: readonly string[]): unknown
  /** The schemas by kind; absent when any kind may be sent. */
  readonly kinds?: ReadonlyMap<string, KindSchema>
}

/** What the host hears of. Never throws. */
export interface Announce {
  sent(fact: { stream: string; notificationId: string; offset: number; userId: string | null }): void
  joined(fact: { channel: string; userId: string | null; username: string | null; socketId: string }): void
  left(fact: { channel: string; userId: string | null; username: string | null; socketId: string }): void
  refused(fact: { event: string | null; problems: readonly Problem[]; socketId: string }): void
  lagging(fact: { socketId: string; userId: string | null; frames: number; bytes: number }): void
  problem(fault: Fault): void
}

/** Something that went wrong on our side, or in a hook or store that was given to us. */
export interface Fault {
  readonly code: 'STORE_FAILED' | 'HOOK_FAILED' | 'REQUEST_FAILED' | 'CONFIRM_FAILED' | 'RATES_FAILED'
  readonly message: string
  readonly cause: unknown
}
