import type { Durability } from '@carillon/store'
import type { Breakage } from './appender/broken-store.ts'
import { type Confirmed, startFlood } from './appender-process.ts'
import { createDisk, type Disk } from './disk/disk.ts'
import type { Library } from './disk/library.ts'
import { chanceOf } from './disk/mix.ts'
import type { Ground } from './grounds.ts'
import { type Losses, lossesOf, readLog } from './losses.ts'
import type { Setting } from './settings.ts'
import { openStore } from './store-place.ts'

/** What happens, from the least to the worst. */
export const FAULTS = ['application', 'database', 'power'] as const
export type Fault = (typeof FAULTS)[number]

/** How much is confirmed before it happens, under load. */
export interface Plan {
  readonly confirmations: number
  /** Counted from the first confirmation; not for the kill of the application. */
  readonly ms: number
  /** After a power loss: how often chance decides what is left of what was not synced. */
  readonly draws: number
  readonly library: Library | null
  readonly breaks?: Breakage
}

/** A disk that is slow is given the time to sync now and then. */
const DELAYS = 3

export interface Trial {
  readonly fault: Fault
  readonly perCall: number
  readonly durability: Durability
  /** One, but after a power loss: with nothing of what was not synced, and then with some of it, draw by draw. */
  readonly losses: readonly Losses[]
}

/** Whether the fault can happen at all: a store within the application has no database that could die alone. */
export function canHappen(fault: Fault, ground: Ground): boolean {
  return fault !== 'database' || ground.database !== null
}

/** Appends under load until the fault happens, and then counts what is there. `null` when it cannot happen. */
export async function runTrial(
  setting: Setting,
  fault: Fault,
  perCall: number,
  plan: Plan,
): Promise<Trial | null> {
  const { syncDelayMs = 0 } = setting
  const ground = await setting.prepare()
  let disk: Disk | null = null
  try {
    if (!canHappen(fault, ground)) return null
    disk = await watchedDisk(ground, fault, syncDelayMs, plan)
    const env = ground.database === null ? disk?.env : {}
    const { place } = ground
    const orders = plan.breaks === undefined ? { place } : { place, breaks: plan.breaks }
    const flood = startFlood(orders, perCall, env)
    try {
      await flood.reached(plan.confirmations, fault === 'application' ? 0 : plan.ms + DELAYS * syncDelayMs)
    } catch (error) {
      await flood.kill().catch(() => undefined)
      throw error
    }
    if (fault !== 'application') await ground.database?.kill()
    const { durability, confirmed } = await flood.kill()
    const losses = await count(ground, fault, fault === 'power' ? disk : null, confirmed, plan.draws)
    return { fault, perCall, durability, losses }
  } finally {
    await ground.close()
    disk?.close()
  }
}

/** A power loss has to know what was synced; a disk that is slow has to be slow. */
async function watchedDisk(
  { folder, database }: Ground,
  fault: Fault,
  syncDelayMs: number,
  { library }: Plan,
): Promise<Disk | null> {
  if (folder === null || (fault !== 'power' && syncDelayMs === 0)) return null
  if (library === null) throw new Error('the library that notes what was synced is missing')
  const disk = createDisk(folder, library, syncDelayMs)
  try {
    await database?.stop()
    disk.begin()
    await database?.start(disk.env)
  } catch (error) {
    disk.close()
    throw error
  }
  return disk
}

async function count(
  ground: Ground,
  fault: Fault,
  disk: Disk | null,
  confirmed: readonly Confirmed[],
  draws: number,
): Promise<readonly Losses[]> {
  const { database } = ground
  if (disk === null) {
    if (fault === 'database') await database?.startToRead()
    return [await lossesOn(ground, confirmed)]
  }
  disk.crash()
  const losses: Losses[] = []
  for (let draw = 0; draw <= draws; draw++) {
    disk.restore(draw === 0 ? null : chanceOf(draw))
    losses.push(await startAndCount(ground, confirmed))
  }
  return losses
}

async function startAndCount(ground: Ground, confirmed: readonly Confirmed[]): Promise<Losses> {
  try {
    await ground.database?.startToRead()
  } catch {
    return lossesOf(confirmed, null)
  }
  try {
    return await lossesOn(ground, confirmed)
  } finally {
    await ground.database?.kill()
  }
}

async function lossesOn({ place }: Ground, confirmed: readonly Confirmed[]): Promise<Losses> {
  const store = openStore(place)
  try {
    const log = await readLog(store).catch(() => null)
    return lossesOf(confirmed, log)
  } finally {
    await store.close()
  }
}
