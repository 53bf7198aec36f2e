/** What the clients of a run did and saw. The checker judges it; nothing here says what should have happened. */
export interface History {
  readonly sends: readonly Send[]
  readonly readers: readonly Reader[]
  /** Keys that one application used one after the other for one stream, without waiting for answers. */
  readonly calls?: readonly Calls[]
  /** Cursors, as the store had them, in the order of time. */
  readonly cursors?: readonly CursorSight[]
  /** Things that had to happen within a time. */
  readonly waits?: readonly Wait[]
  /** What a process held before and after. */
  readonly holdings?: readonly Holding[]
  /** Exceptions that nobody caught. */
  readonly faults?: readonly string[]
}

/** One call of an application that sends, and what it was told. */
export interface Send {
  readonly sender: string
  readonly stream: string
  /** The idempotency key; the notification carries it in its data as well. */
  readonly key: string
  readonly outcome:
    | Confirmed
    | { readonly kind: 'refused' }
    | { readonly kind: 'unknown' }
    /** Nobody lived to hear of it, but it was put where it outlives its process: it has to become a notification. */
    | { readonly kind: 'kept' }
  /** Readers may pass it over. @default false */
  readonly mayExpire?: boolean
}

export interface Confirmed {
  readonly kind: 'confirmed'
  readonly id: string
  readonly epoch: string
  readonly offset: number
  /** It was told that its key had been used before, where somebody wrote it down. */
  readonly isDuplicate?: boolean
}

export interface Place {
  readonly epoch: string
  readonly offset: number
}

/** What one application was handed of one stream, in the order in which it was. */
export interface Reader {
  readonly client: string
  readonly stream: string
  /** From here on it is entitled to everything. `null` when it joined before anything was sent. */
  readonly joinedAt: Place | null
  readonly seen: readonly Seen[]
  /**
   * What it was promised: a `once` client drops by itself what it had; a `stock` client gets again, marked as
   * replayed, what it had not proved before it was cut off.
   *
   * @default 'once'
   */
  readonly kind?: 'once' | 'stock'
  /** It went before the end of the run: what came later is not missing. @default false */
  readonly hasGone?: boolean
}

export type Seen =
  | {
      readonly kind: 'item'
      readonly id: string
      readonly epoch: string
      readonly offset: number
      readonly key: string
      /** It was marked as replayed. */
      readonly isReplayed?: boolean
    }
  /** It was told that something is missing, and where it goes on. */
  | { readonly kind: 'reset'; readonly reason: string }
  /** It was told where it joins, and how much of what it missed follows. */
  | {
      readonly kind: 'joined'
      readonly epoch: string
      readonly offset: number
      readonly pendingCount: number
      readonly hasMore: boolean
      /** Its cursor right before, as the store had it, where somebody looked. */
      readonly cursor?: Place
    }
  /** Its connection broke. */
  | { readonly kind: 'lost' }

export interface Calls {
  readonly sender: string
  readonly stream: string
  readonly keys: readonly string[]
}

export interface CursorSight extends Place {
  readonly subscriber: string
  readonly stream: string
}

export interface Wait {
  readonly what: string
  /** `null` when it never happened. */
  readonly ms: number | null
  readonly limitMs: number
}

export interface Holding {
  readonly what: string
  readonly before: number
  readonly after: number
  /** How much more than before it may be. */
  readonly slack: number
}

/** The log of a stream when everything was over, as the store has it. */
export interface FinalLog {
  readonly stream: string
  readonly epoch: string
  readonly base: number
  readonly items: readonly { readonly id: string; readonly offset: number; readonly key: string }[]
}
