import {
  COMPILER_COMMAND,
  compileLibrary,
  findCompiler,
  type Losses,
  runTrial,
  SETTINGS,
} from '@carillon/survival'
import { canUse } from '@carillon/testkit/servers'
import type { Violation } from '../checker.ts'
import type { StorePlace } from '../stores.ts'
import { SKIPPED, type Verdict } from './scenario.ts'

/** The settings under which each store says that a confirmation survives the power. */
const DURABLE: Readonly<Record<StorePlace['kind'], string>> = {
  sqlite: 'sqlite-full',
  postgres: 'postgres',
  redis: 'redis-always',
}

/** Sends that commit together, how many are confirmed before the power goes, and how often chance decides what is left. */
const PER_CALL = 16
const LOAD = { confirmations: 200, ms: 0, draws: 2 } as const

/** R32: the machine loses its power while sends are being confirmed. */
export async function powerLoss(
  kind: StorePlace['kind'],
  times: number,
  name: string = DURABLE[kind],
): Promise<Verdict> {
  const setting = SETTINGS[name]
  if (setting === undefined) throw new Error(`no setting ${name}`)
  if (!canUse('A C compiler', findCompiler() !== null, COMPILER_COMMAND)) return SKIPPED
  const library = await compileLibrary()
  try {
    const seen: Losses[] = []
    for (let time = 0; time < times; time++) {
      const trial = await runTrial(setting, 'power', PER_CALL, { ...LOAD, library })
      seen.push(...(trial?.losses ?? []))
    }
    const confirmed = seen.reduce((sum, losses) => sum + losses.confirmed, 0)
    return {
      violations: seen.flatMap(violationsIn),
      facts: { confirmed, powerLosses: times, disks: seen.length },
    }
  } finally {
    await library.close()
  }
}

function violationsIn({ lost, confirmed, isReadable }: Losses): Violation[] {
  if (!isReadable) return [{ invariant: 'I1', what: 'the log cannot be read after the power was lost' }]
  const what = `${lost} of ${confirmed} that were confirmed are gone with the power`
  return lost === 0 ? [] : [{ invariant: 'I1', what }]
}
