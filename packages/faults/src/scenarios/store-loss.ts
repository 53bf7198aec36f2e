import { violationsOf } from '../checker.ts'
import type { LinkedGround } from '../places.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'
import { factsOf, faultsOf, readLog, sendsOf, settle } from './store-course.ts'
import { type Crew, type CrewPlan, startCrew } from './store-crew.ts'
import { type Life, violationsOfLives } from './store-lives.ts'

/** A loss, in its own way. */
export interface Losses {
  readonly plan: CrewPlan
  /** Makes it so that something will be lost: whatever comes after it. */
  readonly prepare?: (crew: Crew) => Promise<void>
  /** Loses it. Between the two looks nobody writes. */
  readonly lose: (crew: Crew, looks: Looks) => Promise<void>
  /** Where the log is to be looked at, now. */
  readonly direct: () => StorePlace
}

/** Ends one life of the log and begins the next. */
export interface Looks {
  before(): Promise<void>
  /** How much each reader has been handed and told by now. */
  marks(): readonly number[]
  /**
   * @param emptiedSince nothing was left, whatever is there by now: the marks from before, for the word may come at
   * once. @default what is there now was left
   */
  after(emptiedSince?: readonly number[]): Promise<void>
}

/** The log is lost under load, again and again, in whole or in its last part. */
export async function loseUnderLoad(
  { plan, prepare, lose, direct }: Losses,
  times: number,
): Promise<Verdict> {
  const crew = await startCrew(plan)
  const lives: Life[] = []
  const endLife = (log: Life['log']): void => {
    const last = lives.pop()
    if (last !== undefined) lives.push({ ...last, log })
  }
  const marksNow = (): number[] => crew.readers.map(({ record }) => record.seen.length)
  const beginLife = async (emptiedSince?: readonly number[]): Promise<void> => {
    const marks = emptiedSince ?? marksNow()
    const { epoch, items } = await readLog(direct())
    lives.push({ log: null, epoch, from: emptiedSince ? 0 : (items.at(-1)?.offset ?? 0), marks })
  }
  const looks: Looks = {
    before: async () => endLife(await readLog(direct())),
    marks: marksNow,
    after: beginLife,
  }
  try {
    await beginFirst(crew, lives, direct())
    for (let n = 1; n <= times; n++) {
      await prepare?.(crew)
      await crew.flows(`what will be lost, ${n}`)
      await lose(crew, looks)
      await crew.flows(`all goes on after loss ${n}`)
      // Whoever comes back to a log that was put back brings a place in it, or has one there.
      for (const seat of crew.seats) seat.cut()
      await crew.flows(`all goes on after loss ${n} and a reconnection`)
    }
    const log = await settle(crew, direct())
    endLife(log)
    const readers = crew.readers.map(({ record }) => record)
    const faults = faultsOf(crew)
    return {
      violations: [
        ...violationsOfLives({ sends: sendsOf(crew), readers }, lives),
        ...violationsOf({ sends: [], readers: [], waits: crew.waits, faults }, []),
      ],
      facts: { ...factsOf(crew, log), faults: times },
    }
  } finally {
    await crew.close()
  }
}

async function beginFirst(crew: Crew, lives: Life[], direct: StorePlace): Promise<void> {
  await crew.flows('the first notifications')
  const { epoch } = await readLog(direct)
  lives.push({ log: null, epoch, from: 0, marks: crew.readers.map(() => 0) })
}

/** Nobody reaches the database meanwhile, so that it is known exactly what was lost. */
export async function behindClosedDoors(
  link: LinkedGround['link'],
  looks: Looks,
  lose: () => Promise<void>,
): Promise<void> {
  link.set({ isRefusing: true })
  link.cutAll('rst')
  await looks.before()
  await lose()
  await looks.after()
  link.heal()
}
