import { type Catalogue, en, PROBLEM_CODES, type ProblemCode } from '@carillon/protocol'

/**
 * A catalogue of the host's whose sentences may throw: then the English one serves. A refusal must not fail for
 * want of words. [G7]
 */
export function safeCatalogue(given: Catalogue): Catalogue {
  const problems: Record<string, unknown> = {}
  for (const code of PROBLEM_CODES) problems[code] = guarded(given, code)
  return {
    ...given,
    problems: problems as Catalogue['problems'],
    joined: orElse(given.joined, en.joined),
    left: orElse(given.left, en.left),
    server: given.server ?? en.server,
    anonymous: given.anonymous ?? en.anonymous,
  }
}

function guarded<C extends ProblemCode>(given: Catalogue, code: C): Catalogue['problems'][C] {
  const sentence: Catalogue['problems'][C] = given.problems[code]
  const fallback: Catalogue['problems'][C] = en.problems[code]
  return orElse(sentence, fallback)
}

function orElse<F extends (facts: never) => string>(sentence: F, fallback: F): F {
  const call = (facts: never): string => {
    try {
      const text = sentence(facts)
      return typeof text === 'string' ? text : fallback(facts)
    } catch {
      return fallback(facts)
    }
  }
  return call as F
}
