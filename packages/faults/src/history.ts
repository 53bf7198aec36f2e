/** What the clients of a run did and saw. The checker judges it; nothing here says what should have happened. */
export interface History {
  readonly sends: readonly Send[]
  readonly readers: readonly Reader[]
}

/** One call of an application that sends, and what it was told. */
export interface Send {
  readonly sender: string
  readonly stream: string
  /** The idempotency key; the notification carries it in its data as well. */
  readonly key: string
  readonly outcome: Confirmed | { readonly kind: 'refused' } | { readonly kind: 'unknown' }
}

export interface Confirmed {
  readonly kind: 'confirmed'
  readonly id: string
  readonly epoch: string
  readonly offset: number
}

/** What one application was handed of one stream, in the order in which it was. */
export interface Reader {
  readonly client: string
  readonly stream: string
  /** From here on it is entitled to everything. `null` when it joined before anything was sent. */
  readonly joinedAt: { readonly epoch: string; readonly offset: number } | null
  readonly seen: readonly Seen[]
}

export type Seen =
  | {
      readonly kind: 'item'
      readonly id: string
      readonly epoch: string
      readonly offset: number
      readonly key: string
    }
  /** It was told that something is missing, and where it goes on. */
  | { readonly kind: 'reset'; readonly reason: string }

/** The log of a stream when everything was over, as the store has it. */
export interface FinalLog {
  readonly stream: string
  readonly epoch: string
  readonly base: number
  readonly items: readonly { readonly id: string; readonly offset: number; readonly key: string }[]
}
