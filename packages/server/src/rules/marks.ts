import type { Item } from '@carillon/store'
import { NEVER } from './proof.ts'

/** Up to which offset a stream was emitted at a time (in monotonic milliseconds). */
export interface Mark {
  /** When the bucket began. */
  readonly since: number
  at: number
  offset: number
  /** What was emitted at that offset; `null` where nothing was yet. */
  id: string | null
}

/** How fine and how long the record is. */
export interface MarkSettings {
  readonly bucketMs: number
  readonly keepMs: number
}

/**
 * A coarse record of what was emitted when: one mark per bucket of time, so that a busy stream costs nothing
 * more per notification than a comparison. It answers too little rather than too much. The ids tell the log from
 * one that was put back and went another way since.
 */
export type Marks = Mark[]

/** @param offset what was emitted before anything that the record tells */
export function createMarks(offset: number): Marks {
  return [{ since: NEVER, at: NEVER, offset, id: null }]
}

export function mark(
  marks: Marks,
  { bucketMs, keepMs }: MarkSettings,
  now: number,
  { offset, id }: Pick<Item, 'offset' | 'id'>,
): void {
  const last = marks.at(-1)
  if (last !== undefined && last.since !== NEVER && now - last.since < bucketMs) {
    last.at = now
    last.offset = offset
    last.id = id
    return
  }
  marks.push({ since: now, at: now, offset, id })
  // One mark older than the horizon stays: it answers for the whole time before the next one.
  while (marks.length > 2 && (marks[1]?.at ?? now) < now - keepMs) marks.shift()
}

/** The last offset that was surely emitted before `time`, or undefined when the record does not reach back. */
export function offsetBefore(marks: Marks, time: number): number | undefined {
  for (let at = marks.length - 1; at >= 0; at--) {
    const entry = marks[at]
    if (entry !== undefined && entry.at < time) return entry.offset
  }
  return undefined
}

/** What was emitted at an offset, where the record says so. */
export function idAt(marks: Marks | null, offset: number): string | null {
  const last = marks?.at(-1)
  return last?.offset === offset ? last.id : null
}
