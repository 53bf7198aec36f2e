/** Who waits, the smallest number first; among equal ones whoever came first. A heap: a step costs its logarithm. */
export interface Line<Key> {
  readonly places: Place<Key>[]
  /** How many have come so far. */
  count: number
}

interface Place<Key> {
  readonly key: Key
  readonly at: number
  readonly nth: number
}

export function createLine<Key>(): Line<Key> {
  return { places: [], count: 0 }
}

export function enterLine<Key>(line: Line<Key>, key: Key, at: number): void {
  const { places } = line
  const place = { key, at, nth: line.count++ }
  let hole = places.length
  while (hole > 0) {
    const above = (hole - 1) >> 1
    const other = places[above]
    if (other === undefined || !isBefore(place, other)) break
    places[hole] = other
    hole = above
  }
  places[hole] = place
}

export function firstInLine<Key>({
  places,
}: Line<Key>): { readonly key: Key; readonly at: number } | undefined {
  return places[0]
}

export function leaveLine<Key>({ places }: Line<Key>): void {
  const last = places.pop()
  if (last === undefined || places.length === 0) return
  let hole = 0
  for (;;) {
    const left = places[2 * hole + 1]
    const right = places[2 * hole + 2]
    if (left === undefined) break
    const isRight = right !== undefined && isBefore(right, left)
    const next = isRight ? right : left
    if (!isBefore(next, last)) break
    places[hole] = next
    hole = 2 * hole + (isRight ? 2 : 1)
  }
  places[hole] = last
}

function isBefore(one: Place<unknown>, other: Place<unknown>): boolean {
  return one.at < other.at || (one.at === other.at && one.nth < other.nth)
}
