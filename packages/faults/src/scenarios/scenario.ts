import type { Violation } from '../checker.ts'

/** What came out of a scenario. */
export interface Verdict {
  readonly violations: readonly (Violation | { readonly invariant: 'I7'; readonly what: string })[]
  /** Numbers that show that something happened at all. */
  readonly facts: Readonly<Record<string, number>>
}
