import type { JsonObject, NotificationType } from '@carillon/protocol'

/** Names a stream: one ordered log. Two scopes never share one, whatever their channels are called. */
export interface StreamKey {
  readonly scope: string
  readonly kind: 'channel' | 'broadcast' | 'user'
  /** The channel, the user's id, or empty for the broadcasts of a scope. */
  readonly name: string
}

/** What a notification says, as its sender and the server made it. */
export interface Content {
  readonly type: NotificationType
  readonly title: string
  readonly message: string
  readonly data: JsonObject | null
  readonly sender: string
  /** Names the shape of `data`, where the host has given it one. */
  readonly kind?: string
  /** Set on an entry that is for the server and not for people: it is never shown, and holds no text. */
  readonly control?: Control
}

/** What every node does with a user's connections when it comes by in the user's own stream. */
export type Control =
  /** They are taken out of a channel. */
  | { readonly action: 'revoke'; readonly channel: string }
  /** They end. */
  | { readonly action: 'disconnect' }

/** A notification on its way into the log. */
export interface NewEntry {
  readonly stream: StreamKey
  readonly id: string
  readonly content: Content
  /** Rough size of the content in bytes, for budgets. */
  readonly bytes: number
  /** Milliseconds until the notification expires, counted by the store's clock; `null` for never. */
  readonly ttlMs: number | null
  /** Who used the key. Keys of different senders never meet. */
  readonly sender: string
  /** Every append carries one, so that a command that is sent twice changes nothing. */
  readonly key: string
  /** Fingerprint of what the sender asked for: the same key with another one is a conflict. */
  readonly hash: string
}

/** A notification in the log. Offsets of a stream start at 1 and grow by 1. */
export interface Item {
  readonly id: string
  readonly offset: number
  /** Milliseconds since 1970, by the store's clock. */
  readonly timestamp: number
  /** Milliseconds since 1970 after which it is neither read nor counted; `null` for never. */
  readonly expiresAt: number | null
  readonly content: Content
}

export interface Written {
  readonly outcome: 'written'
  readonly epoch: string
  readonly offset: number
  readonly id: string
  readonly timestamp: number
  readonly expiresAt: number | null
  /** The key was there already: these are the facts of the first append. */
  readonly duplicate: boolean
}

/** What became of one entry. A rejected `append` counts as `unknown` for all of its entries. */
export type AppendOutcome =
  | Written
  /** The key is there with another hash. Nothing was written. */
  | { readonly outcome: 'conflict' }
  /** Surely not written. */
  | { readonly outcome: 'refused'; readonly cause: unknown }
  /** Perhaps written: the same key may be tried again. */
  | { readonly outcome: 'unknown'; readonly cause: unknown }

/** A place in a stream. `epoch` is a random id of the stream's life: a new one means that the log was lost. */
export interface Head {
  readonly epoch: string
  readonly offset: number
}

export type ReadQuery = {
  /** At most so many items. */
  readonly limit: number
  /** At most about so many bytes of content, but always at least one item. */
  readonly maxBytes: number
} & ({ readonly after: number } | { readonly before: number })

/** One consistent look at a stream. */
export interface Page {
  readonly epoch: string
  /** Offset of the last item that was ever appended, 0 for none. */
  readonly head: number
  /** Items at or below were trimmed and are gone for good; 0 when nothing was. */
  readonly base: number
  /** In growing offset. Expired items are left out. */
  readonly items: readonly Item[]
  /**
   * With `after`: every offset above `after` and up to here is in `items` or gone for good.
   * With `before`: the same for every offset from here and below `before`.
   */
  readonly coveredTo: number
  /** Id of the item at `after`, if it is still there. */
  readonly idAt: string | null
}

/** Somebody who is served and comes back: a user, or one device of a user. */
export interface Subscriber {
  readonly user: string
  readonly device: string | null
}

/** Asks how far somebody was served on a stream. */
export interface CursorQuestion {
  readonly subscriber: Subscriber
  readonly stream: StreamKey
  /** Where a cursor is put when there is none; `null` puts none. */
  readonly start: Head | null
}

export interface CursorMove {
  readonly subscriber: Subscriber
  readonly stream: StreamKey
  /** Where to; `null` forgets the cursor. */
  readonly to: Head | null
}

/** What a confirmation survives. */
export interface Durability {
  /** `process`: the end of any process, the database's among them. `power`: the end of the machine as well. */
  readonly level: 'none' | 'process' | 'power'
  /** One sentence for the log and the operator. */
  readonly sentence: string
  /** Settings of the database that break the promise, and what to set instead, a sentence each. */
  readonly warnings: readonly string[]
}

/** A stream has grown or begun anew, in whatever process. */
export interface News {
  readonly stream: StreamKey
  readonly epoch: string
  readonly head: number
  /** The item at `head`; `null` when there is none or it has to be read. */
  readonly item: Item | null
}

export interface StoreListener {
  onNews(news: News): void
  /** News may have been missed, or begin only now: whoever needs them all asks `heads`. */
  onGap(): void
  /**
   * From now on nothing is heard, until `onGap`; and then the store may have another log than before. Whatever may
   * have brought another log must be told so: what a gap alone lacks is taken to be of the same one.
   */
  onSilence?(): void
}

/**
 * Where notifications and cursors live. Small on purpose: policy (rights, limits, sentences, order of
 * delivery) sits above it. `@carillon/store/contract` holds the rules that every store must pass.
 */
export interface NotificationStore {
  /** Whether several processes may use the same data. Then the store has `listen`. */
  readonly shared: boolean

  /**
   * Whether appends take effect in the order of the calls, so that the next call may be made before the one before it
   * is answered. Where that is so, calls that wait for each other can be committed together. A store around another
   * one that may hold a call up says `false`.
   */
  readonly inOrder: boolean

  /** Looks at the database and its settings. Rejects when it cannot be reached; may be asked again then. */
  durability(): Promise<Durability>

  /**
   * Appends in the given order, each entry as one atomic step: look the key up, count the offset up, write.
   * Resolves when every `written` entry is as durable as `durability()` says. One bad entry never harms others.
   */
  append(entries: readonly NewEntry[]): Promise<readonly AppendOutcome[]>

  /** Reads one page. Never passes an offset whose append is still under way. */
  read(stream: StreamKey, query: ReadQuery): Promise<Page>

  heads(streams: readonly StreamKey[]): Promise<readonly Head[]>

  /**
   * Answers how far each was served, one question after the other, and in the same step puts whoever has no
   * cursor at `start`: the answer is `null` then. A start of an epoch that is not the stream's own puts nothing;
   * one beyond the end of the stream puts the cursor at the end.
   * Resolves when what was put is as durable as `durability()` says.
   */
  cursors(questions: readonly CursorQuestion[]): Promise<readonly (Head | null)[]>

  /**
   * Moves cursors. Within an epoch they only grow; a move of an epoch that is not the stream's own changes
   * nothing, and neither does one beyond the end of the stream: a log that was put back to an earlier state would
   * keep cursors that skip what is yet to be written there. Resolves when the moves are as durable as `durability()` says.
   */
  moveCursors(moves: readonly CursorMove[]): Promise<void>

  /** Drops what has expired or is past retention. Resolves to the number of dropped items. */
  prune(): Promise<number>

  /** Empties a stream and starts a new epoch, in one step. */
  clear(stream: StreamKey): Promise<Head>

  /**
   * Forgets a user of a scope: the user's own stream and every cursor, of all devices.
   *
   * With a stream, only the user's cursors on that one, of all devices and of none: whichever comes next is there
   * for the first time. The stream stays, even where it is the user's own, and so does everything else. On a stream
   * of another scope the user has no cursor, only somebody of the same name: nothing is forgotten.
   *
   * Resolves when the forgetting is as durable as `durability()` says. A store around another one must hand the
   * stream on: without it, everything of the user is gone.
   */
  forget(scope: string, user: string, stream?: StreamKey): Promise<void>

  /**
   * Tells of what other processes, and other stores of this one, append to the same data, until the returned
   * function is called. At most once, in any order, of own appends perhaps too; whatever may have swallowed news
   * is followed by `onGap`, and so is the moment from which on news are heard. `onSilence` comes as soon
   * as it is known that the connection for news is lost. A listener must not throw.
   */
  listen?(listener: StoreListener): () => void

  /** Closes what the store opened. Twice is harmless. */
  close(): Promise<void>
}
