import type { AppendOutcome, NewEntry, NotificationStore } from '@carillon/store'

export interface Appender {
  /** Takes an entry; `done` is called once, in the order of submission. Never throws. */
  submit(entry: NewEntry, done: (outcome: AppendOutcome) => void): void
  /** Resolves when everything that was submitted before has been answered; undefined when it has been. */
  settled(): Promise<void> | undefined
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

interface Waiting {
  readonly entry: NewEntry
  readonly done: (outcome: AppendOutcome) => void
}

/** A batch that is too large holds up everybody behind it. */
const BATCH_ENTRIES = 500

/**
 * So many are not kept until the turn ends, when the store keeps the order of calls: it writes these while the rest
 * is still being read. Fewer would make more commits of the same, and more would leave less to be done meanwhile.
 */
const PIECE_ENTRIES = 32

/**
 * Calls that a store which keeps their order has at a time: enough to find the next at hand, and few enough that the
 * time limit of a call counts little more than the call.
 */
const CALLS_UNDER_WAY = 4

/** Entries that wait for a store which does not keep up. Beyond it, saying no is kinder than running out of memory. */
const WAITING_ENTRIES = 50_000

/** Refused by ourselves: it says nothing of the store's log. */
export const NOT_KEPT_UP = new Error('the store does not keep up')

/**
 * Gathers entries that arrive together, so that they commit together. One batch is under way at a time, for two at
 * once could commit in the other order; but a store that keeps the order of calls gets some ahead, so that it finds
 * the next at hand when it is done with the one before.
 */
export function createAppender(store: Pick<NotificationStore, 'append' | 'inOrder'>): Appender {
  let waiting: Waiting[] = []
  /** Whether what waits is posted at the end of this turn. */
  let isDue = false
  let underWay = 0
  /** Ends when the last batch that is under way has been answered. */
  let last: Promise<void> = Promise.resolve()
  const most = store.inOrder ? CALLS_UNDER_WAY : 1
  let submitted = 0
  let answered = 0
  let marks: { readonly at: number; readonly reached: () => void }[] = []

  function answer({ done }: Waiting, outcome: AppendOutcome): void {
    done(outcome)
    answered += 1
    if (marks.length === 0) return
    for (const { at, reached } of marks) if (at <= answered) reached()
    marks = marks.filter(({ at }) => at > answered)
  }

  /** Frames of one TCP chunk are handled before the next microtask: they share the batch. */
  async function postSoon(): Promise<void> {
    isDue = true
    await null
    isDue = false
    post()
  }

  function post(): void {
    while (underWay < most && waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_ENTRIES)
      waiting = waiting.slice(BATCH_ENTRIES)
      underWay += 1
      last = tell(batch, append(store, batch), last)
    }
  }

  /** Answers a batch, after the one before it. */
  async function tell(
    batch: readonly Waiting[],
    appended: Promise<unknown>,
    before: Promise<void>,
  ): Promise<void> {
    const outcomes = await appended
    await before
    for (const [at, entry] of batch.entries()) answer(entry, outcomeAt(outcomes, at))
    underWay -= 1
    post()
  }

  return {
    submit(entry, done) {
      if (submitted - answered >= WAITING_ENTRIES) {
        done({ outcome: 'refused', cause: NOT_KEPT_UP })
        return
      }
      submitted += 1
      waiting.push({ entry, done })
      if (waiting.length >= PIECE_ENTRIES && store.inOrder) post()
      else if (!isDue && underWay < most) void postSoon()
    },
    settled() {
      if (answered === submitted) return undefined
      return new Promise((reached) => marks.push({ at: submitted, reached }))
    },
    async idle() {
      while (answered < submitted) await last
    },
  }
}

async function append(store: Pick<NotificationStore, 'append'>, batch: readonly Waiting[]): Promise<unknown> {
  try {
    return await store.append(batch.map(({ entry }) => entry))
  } catch (cause) {
    return batch.map(() => ({ outcome: 'unknown', cause }))
  }
}

/** A store that answers nonsense has perhaps written: its word is worth no more than silence. [G6] */
function outcomeAt(outcomes: unknown, at: number): AppendOutcome {
  const outcome: unknown = Array.isArray(outcomes) ? outcomes[at] : undefined
  return isOutcome(outcome)
    ? outcome
    : { outcome: 'unknown', cause: new Error('the store gave no valid answer for an entry') }
}

function isOutcome(value: unknown): value is AppendOutcome {
  if (typeof value !== 'object' || value === null || !('outcome' in value)) return false
  if (value.outcome === 'conflict') return true
  if (value.outcome === 'refused' || value.outcome === 'unknown') return 'cause' in value
  return value.outcome === 'written' && isPlaced(value)
}

function isPlaced(value: object): boolean {
  const { epoch, offset, timestamp } = value as { epoch?: unknown; offset?: unknown; timestamp?: unknown }
  return typeof epoch === 'string' && Number.isSafeInteger(offset) && Number.isFinite(timestamp)
}
