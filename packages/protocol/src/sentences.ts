import type { Problem, ProblemCode, ProblemDetails } from './problems.ts'

/** Everything that a person may read, in one language. */
export interface Catalogue {
  readonly problems: { readonly [C in ProblemCode]: (facts: Readonly<ProblemDetails[C]>) => string }
  readonly joined: (channel: string) => string
  readonly left: (channel: string) => string
  /** Name of the host as a sender. */
  readonly server: string
  /** Name of a sender who gave none. */
  readonly anonymous: string
}

/** The sentence of a problem. A table of functions by code cannot be called through a union without this step. */
export function sentenceOf(catalogue: Catalogue, problem: Problem): string {
  const sentence: (facts: never) => string = catalogue.problems[problem.code]
  return (sentence as (facts: Problem) => string)(problem)
}

export function sentencesOf(catalogue: Catalogue, problems: readonly Problem[]): string[] {
  return problems.map((problem) => sentenceOf(catalogue, problem))
}
