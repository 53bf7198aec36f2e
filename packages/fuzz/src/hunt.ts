import fc from 'fast-check'
import { openPlace, type Place, type Sabotage } from './place.ts'
import { play } from './play.ts'
import { type Scenario, scenarios } from './scenarios.ts'

export interface HuntPlan {
  readonly seed: number
  /** Scenarios to play at most. */
  readonly runs: number
  readonly limitMs: number
  /** Where a hunt before found something: only that is played, and made smaller. */
  readonly path?: string
  readonly sabotage?: Sabotage
  /** How long the place is given to be tidy again. @default 5000 */
  readonly patienceMs?: number
  /** Whether what was found is made smaller. @default true */
  readonly shrinks?: boolean
}

export interface HuntResult {
  readonly executions: number
  /** `null` when all was as it must be. */
  readonly found: Found | null
}

export interface Found {
  readonly seed: number
  readonly path: string
  readonly error: unknown
  readonly scenario: Scenario | undefined
}

/** Plays random scenarios against one place until something is found, the runs are done or the time is over. */
export async function hunt(plan: HuntPlan): Promise<HuntResult> {
  const { seed, runs, limitMs, path = '', sabotage, patienceMs, shrinks = true } = plan
  let place: Place | undefined
  let last: { readonly scenario: Scenario; readonly played: Promise<void> } | undefined

  async function playHere(scenario: Scenario): Promise<void> {
    place ??= await openPlace(sabotage, patienceMs)
    try {
      await play(place, scenario)
    } catch (error) {
      // What is left there now would be found again with every smaller scenario.
      await place.close().catch(() => undefined)
      place = undefined
      throw error
    }
  }

  const property = fc.asyncProperty(scenarios, (scenario) => {
    last = { scenario, played: playHere(scenario) }
    return last.played
  })
  const details = await fc.check(property, {
    seed,
    path,
    numRuns: runs,
    interruptAfterTimeLimit: limitMs,
    endOnFailure: !shrinks,
  })
  const executions = details.numRuns + details.numShrinks
  if (details.failed) {
    const [scenario] = details.counterexample ?? []
    const where = details.counterexamplePath ?? ''
    return { executions, found: { seed, path: where, error: details.errorInstance, scenario } }
  }
  try {
    // When the time is over, one may be in the middle of it: it is waited for, and what it shows counts.
    await last?.played
  } catch (error) {
    return { executions, found: { seed, path: '', error, scenario: last?.scenario } }
  }
  try {
    await place?.close()
  } catch (error) {
    return { executions, found: { seed, path: '', error, scenario: undefined } }
  }
  return { executions, found: null }
}
