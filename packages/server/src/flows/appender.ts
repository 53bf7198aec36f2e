import type { AppendOutcome, NewEntry, NotificationStore } from '@carillon/store'

export interface Appender {
  /** Takes an entry; `done` is called once, in the order of submission. Never throws. */
  submit(entry: NewEntry, done: (outcome: AppendOutcome) => void): void
  /** Resolves when everything that was submitted has been answered. */
  idle(): Promise<void>
}

interface Waiting {
  readonly entry: NewEntry
  readonly done: (outcome: AppendOutcome) => void
}

/** A batch that is too large holds up everybody behind it. */
const BATCH_ENTRIES = 500

/**
 * Gathers entries that arrive together, so that they commit together. One batch is under way at a time: two
 * at once could commit in the other order.
 */
export function createAppender(store: Pick<NotificationStore, 'append'>): Appender {
  let waiting: Waiting[] = []
  let running: Promise<void> | null = null

  async function run(): Promise<void> {
    // Frames of one TCP chunk are handled before the next microtask: they share the batch.
    await null
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_ENTRIES)
      waiting = waiting.slice(BATCH_ENTRIES)
      const outcomes = await append(store, batch)
      for (const [at, { done }] of batch.entries()) {
        done(outcomes[at] ?? { outcome: 'unknown', cause: new Error('the store left an entry unanswered') })
      }
    }
    running = null
  }

  return {
    submit(entry, done) {
      waiting.push({ entry, done })
      running ??= run()
    },
    async idle() {
      while (running !== null) await running
    },
  }
}

async function append(
  store: Pick<NotificationStore, 'append'>,
  batch: readonly Waiting[],
): Promise<readonly AppendOutcome[]> {
  try {
    return await store.append(batch.map(({ entry }) => entry))
  } catch (cause) {
    return batch.map(() => ({ outcome: 'unknown', cause }))
  }
}
