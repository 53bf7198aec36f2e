import type { Durability } from '@carillon/store'
import { complaintsOf, isSaidLost, type Measured } from './claims.ts'
import type { Losses } from './losses.ts'
import type { Setting } from './settings.ts'
import { FAULTS, type Fault, type Plan, runTrial, type Trial } from './trials.ts'

/** How many entries a call has: alone, and in a group that commits together. */
export const PER_CALL = [1, 64] as const

/** What a loss that comes by chance gets, to show itself. */
const TRIES = 3

/** Everything that was seen of one setting. */
export interface Survey {
  readonly setting: Setting
  readonly durability: Durability
  readonly trials: readonly Trial[]
  /** What the store says and what was seen do not agree. */
  readonly complaints: readonly string[]
}

export async function survey(setting: Setting, plan: Plan): Promise<Survey> {
  const trials: Trial[] = []
  for (const fault of FAULTS) {
    for (const perCall of PER_CALL) {
      const trial = await tryIt(setting, fault, perCall, plan)
      if (trial !== null) trials.push(trial)
    }
  }
  const durability = trials[0]?.durability
  if (durability === undefined) throw new Error(`nothing could be tried: ${setting.title}`)
  const complaints = [
    ...complaintsOf(durability, measuredBy(trials), (setting.syncDelayMs ?? 0) > 0),
    ...(setting.isRecommended === true && durability.level !== 'power'
      ? ['docs/STORES.md recommends it']
      : []),
  ]
  return { setting, durability, trials, complaints }
}

/** Where a loss is announced, a trial that shows none was lucky, perhaps: the kill came right after a sync. */
async function tryIt(setting: Setting, fault: Fault, perCall: number, plan: Plan): Promise<Trial | null> {
  for (let tries = 1; ; tries++) {
    const trial = await runTrial(setting, fault, perCall, plan)
    if (trial === null || tries === TRIES || !isSaidLost(trial.durability, fault)) return trial
    if (worstOf(trial.losses).lost > 0) return trial
  }
}

function measuredBy(trials: readonly Trial[]): Measured {
  return new Map(
    FAULTS.flatMap((fault) => {
      const losses = trials.filter((trial) => trial.fault === fault).flatMap((trial) => trial.losses)
      return losses.length === 0 ? [] : [[fault, worstOf(losses)] as const]
    }),
  )
}

/** The one that lost the largest share. */
export function worstOf(losses: readonly Losses[]): Losses {
  return losses.reduce((a, b) => (b.lost / b.confirmed > a.lost / a.confirmed ? b : a))
}
