import type { Head, NewEntry, StreamKey } from '@carillon/store'
import { onTestFinished } from 'vitest'
import { encodeEntry } from '../src/encode.ts'
import {
  type Heard,
  type OutputOf,
  type Place,
  type Reply,
  SWEEP_PARTS,
  type SweepPart,
  type Swept,
  type WireAnswers,
  type WireMove,
  type WireOutcome,
  type WireQuestion,
  type WriterCalls,
  type WriterRequest,
} from '../src/messages.ts'
import { resolveOptions, type SqliteStoreOptions } from '../src/options.ts'
import { outcomesOf, packRuns } from '../src/runs.ts'
import { createReader } from '../src/worker/reader.ts'
import { createWriter } from '../src/worker/writer.ts'

export interface Desk {
  /** Milliseconds since 1970, for both. */
  now: number
  append(entries: readonly NewEntry[]): readonly WireOutcome[]
  move(moves: readonly WireMove[]): void
  /** As the store does it: without a start the reader answers, and what has to be noted the writer notes. */
  ask(questions: readonly WireQuestion[]): readonly (Head | null)[]
  clear(stream: StreamKey): void
  forget(user: string): void
  sweep(part: SweepPart): Swept
  /** Every part to its end. Returns how many items were dropped. */
  prune(): number
  since(place: Place | null): Heard | null
}

/** What the two workers do, in this thread and under a clock that the test moves. */
export function openDesk(file: string, options: SqliteStoreOptions = {}): Desk {
  const settings = resolveOptions(file, options)
  const clock = (): number => desk.now
  let replies: readonly Reply[] = []
  const post = (posted: readonly Reply[]): void => {
    replies = [...replies, ...posted]
  }
  const taken = (): readonly Reply[] => {
    const took = replies
    replies = []
    return took
  }
  const writer = createWriter(settings, post, clock)
  const reader = createReader(settings, post, clock)
  onTestFinished(() => {
    writer.close()
    reader.close()
  })
  const ask = <Name extends keyof WriterCalls>(
    request: WriterRequest & { readonly name: Name },
  ): OutputOf<WriterCalls, Name> => {
    writer.run([request])
    return outputOf(taken()) as OutputOf<WriterCalls, Name>
  }

  const desk: Desk = {
    now: Date.parse('2030-01-01'),
    append(entries) {
      const packed = packRuns(entries.map(encodeEntry))
      const answers = ask({ id: 1, name: 'append', input: packed.map(({ run }) => run) })
      return packed.flatMap((pack, at) => outcomesOf(pack.entries, answers[at] ?? { outcomes: [] }))
    },
    move: (moves) => void ask({ id: 1, name: 'moveCursors', input: moves }),
    ask(questions) {
      if (questions.every(({ start }) => start === null))
        reader.run([{ id: 1, name: 'cursors', input: questions }])
      else writer.run([{ id: 1, name: 'cursors', input: questions }])
      const { cursors, toTouch } = outputOf(taken()) as WireAnswers
      const used = toTouch.flatMap((at) => questions[at] ?? [])
      if (used.length > 0) ask({ id: 1, name: 'touch', input: used })
      return cursors
    },
    clear: (stream) => void ask({ id: 1, name: 'clear', input: stream }),
    forget: (user) => void ask({ id: 1, name: 'forget', input: { scope: '/', user } }),
    sweep: (part) => ask({ id: 1, name: 'sweep', input: part }),
    prune() {
      let dropped = 0
      for (const part of SWEEP_PARTS) {
        for (let isMore = true; isMore; ) {
          const step = desk.sweep(part)
          dropped += step.dropped
          isMore = step.isMore
        }
      }
      return dropped
    },
    since(place) {
      // A call that has nothing to tell yet waits; the next one ends it.
      reader.run([
        { id: 2, name: 'follow', input: place },
        { id: 3, name: 'unfollow', input: null },
      ])
      return outputOf(taken()) as Heard | null
    },
  }
  return desk
}

function outputOf([reply]: readonly Reply[]): unknown {
  if (reply === undefined || !('output' in reply)) throw new Error(`no answer: ${JSON.stringify(reply)}`)
  return reply.output
}
