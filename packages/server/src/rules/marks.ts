/** Up to which offset a stream was emitted at a time (in monotonic milliseconds). */
export interface Mark {
  /** When the bucket began. */
  readonly since: number
  at: number
  offset: number
}

/**
 * A coarse record of what was emitted when: one mark per bucket of time, so that a busy stream costs nothing
 * more per notification than a comparison. It answers too little rather than too much.
 */
export interface Marks {
  readonly bucketMs: number
  readonly keepMs: number
  readonly list: Mark[]
}

export function createMarks(bucketMs: number, keepMs: number): Marks {
  return { bucketMs, keepMs, list: [] }
}

export function mark(marks: Marks, now: number, offset: number): void {
  const last = marks.list.at(-1)
  if (last !== undefined && now - last.since < marks.bucketMs) {
    last.at = now
    last.offset = offset
    return
  }
  marks.list.push({ since: now, at: now, offset })
  // One mark older than the horizon stays: it answers for the whole time before the next one.
  while (marks.list.length > 2 && (marks.list[1]?.at ?? now) < now - marks.keepMs) marks.list.shift()
}

/** The last offset that was surely emitted before `time`, or undefined when the record does not reach back. */
export function offsetBefore(marks: Marks, time: number): number | undefined {
  for (let at = marks.list.length - 1; at >= 0; at--) {
    const entry = marks.list[at]
    if (entry !== undefined && entry.at < time) return entry.offset
  }
  return undefined
}
