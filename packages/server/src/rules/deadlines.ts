/**
 * Who ends when, to the second. Things that end in the same second share a bucket, so that one timer serves ten
 * thousand tokens.
 */
export interface Deadlines<T> {
  readonly ends: Map<T, number>
  readonly buckets: Map<number, Set<T>>
}

const BUCKET_MS = 1_000

export function createDeadlines<T>(): Deadlines<T> {
  return { ends: new Map(), buckets: new Map() }
}

/**
 * @param end in the clock's milliseconds; `null` for never
 * @returns when its bucket is full
 */
export function setDeadline<T>(deadlines: Deadlines<T>, item: T, end: number | null): number | null {
  clearDeadline(deadlines, item)
  if (end === null) return null
  deadlines.ends.set(item, end)
  const key = bucketOf(end)
  const bucket = deadlines.buckets.get(key)
  if (bucket === undefined) deadlines.buckets.set(key, new Set([item]))
  else bucket.add(item)
  return key
}

export function clearDeadline<T>({ ends, buckets }: Deadlines<T>, item: T): void {
  const end = ends.get(item)
  if (end === undefined) return
  ends.delete(item)
  const key = bucketOf(end)
  const bucket = buckets.get(key)
  bucket?.delete(item)
  if (bucket?.size === 0) buckets.delete(key)
}

/** When the next bucket is full: everything in it has ended by then. */
export function nextDeadline({ buckets }: Deadlines<unknown>): number | null {
  let next: number | null = null
  for (const key of buckets.keys()) if (next === null || key < next) next = key
  return next
}

/** Takes out what has ended. */
export function takeEnded<T>(deadlines: Deadlines<T>, now: number): readonly T[] {
  const ended: T[] = []
  for (const [key, bucket] of deadlines.buckets) if (key <= now) ended.push(...bucket)
  for (const item of ended) clearDeadline(deadlines, item)
  return ended
}

/** Rounded up: nothing ends early. */
function bucketOf(end: number): number {
  return Math.ceil(end / BUCKET_MS) * BUCKET_MS
}
