import type { Seen } from '../history.ts'

/** Something that a client saw and must not have seen, or the other way round, with the number of the invariant. */
export interface Violation {
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I10'
  readonly what: string
}

export type SeenItem = Extract<Seen, { kind: 'item' }>

export function itemsOf(seen: readonly Seen[]): SeenItem[] {
  return seen.filter((entry): entry is SeenItem => entry.kind === 'item')
}
