import type { AppendOutcome, NewEntry } from '@carillon/store'
import { encodeEntry } from './encode.ts'
import { errorOf, isVoid } from './errors.ts'
import type { WireEntry, WireOutcome, WriterCalls } from './messages.ts'
import { outcomesOf, packRuns } from './runs.ts'
import type { Thread } from './thread.ts'

export interface Appender {
  /** Never rejects. */
  append(entries: readonly NewEntry[]): Promise<readonly AppendOutcome[]>
}

/** Entries that wait for a disk that does not keep up. Beyond it, a refusal is kinder than running out of memory. */
const WAITING_ENTRIES = 100_000

export function createAppender(writer: Thread<WriterCalls>): Appender {
  let waiting = 0

  async function write(entries: readonly WireEntry[]): Promise<readonly AppendOutcome[]> {
    if (entries.length === 0) return []
    waiting += entries.length
    try {
      const packed = packRuns(entries)
      const answers = await writer.call(
        'append',
        packed.map(({ run }) => run),
      )
      return packed.flatMap((pack, at) => {
        const answer = answers[at]
        return answer === undefined
          ? pack.entries.map(() => NO_ANSWER)
          : outcomesOf(pack.entries, answer).map(decodeOutcome)
      })
    } catch (cause) {
      const outcome = isVoid(cause) ? 'refused' : 'unknown'
      return entries.map(() => ({ outcome, cause }))
    } finally {
      waiting -= entries.length
    }
  }

  return {
    async append(entries) {
      if (waiting + entries.length > WAITING_ENTRIES)
        return entries.map(() => refused(new Error('sqliteStore: the disk does not keep up')))
      const encoded = entries.map(encodeOrRefuse)
      const written = await write(encoded.flatMap((entry) => ('outcome' in entry ? [] : [entry])))
      let at = 0
      return encoded.map((entry) => ('outcome' in entry ? entry : (written[at++] ?? NO_ANSWER)))
    },
  }
}

const NO_ANSWER: AppendOutcome = Object.freeze({
  outcome: 'unknown',
  cause: new Error('sqliteStore: the writer did not answer for an entry'),
})

function encodeOrRefuse(entry: NewEntry): WireEntry | AppendOutcome {
  try {
    return encodeEntry(entry)
  } catch (cause) {
    return refused(cause)
  }
}

function decodeOutcome(outcome: WireOutcome): AppendOutcome {
  if (!('fault' in outcome)) return outcome
  return { outcome: outcome.outcome, cause: errorOf(outcome.fault, outcome.outcome === 'unknown') }
}

function refused(cause: unknown): AppendOutcome {
  return { outcome: 'refused', cause }
}
