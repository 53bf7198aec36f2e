import type { Database } from './database.ts'
import type { PostgresStoreSettings } from './options.ts'
import { type Connection, textOf } from './sessions.ts'

/** Drops what nobody needs any more. Each step is a short transaction of its own. */
export interface Pruner {
  /** Resolves to the number of dropped items. */
  prune(): Promise<number>
  /** Drops the items of streams that were cleared or forgotten. */
  bury(): Promise<number>
}

const STEP_ITEMS = 1_000
/** Cursors are looked through bit by bit, so many in each prune. */
const STEP_CURSORS = 5_000
/** An endless source of work must not keep a prune from ending; the next one goes on. */
const MAX_STEPS = 10_000
/** A use is noted once in so long: the last one may be later than it seems by as much. */
const NOTED_EVERY_MS = 24 * 3600 * 1000

type Step = (connection: Connection, now: number) => Promise<{ dropped: number; isDone: boolean }>

export function createPruner(database: Database, settings: PostgresStoreSettings): Pruner {
  const { schema } = database
  const { maxItemsPerStream, maxAgeMs, maxAwayMs } = settings
  const lookForAway = createAwaySearch(schema, maxAwayMs)

  const step =
    (call: string, valuesAt: (now: number) => readonly unknown[]): Step =>
    async (connection, now) => {
      const [row] = await connection.query(`select * from ${schema}.${call}`, valuesAt(now))
      return { dropped: Number(textOf(row, 'dropped')), isDone: textOf(row, 'is_done') !== 'f' }
    }

  const bury = step('bury_1($1)', () => [STEP_ITEMS])
  const expire = step('expire_1($1)', () => [STEP_ITEMS])
  const age = step('age_1($1, $2)', (now) => [now - maxAgeMs, STEP_ITEMS])
  const shorten = step('shorten_1($1, $2)', () => [maxItemsPerStream, STEP_ITEMS])
  const dropIdle = step('drop_idle_1($1)', (now) => [now - maxAwayMs])

  async function repeat(one: Step, now: number): Promise<number> {
    let sum = 0
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const { dropped, isDone } = await database.use((connection) => one(connection, now))
      sum += dropped
      if (isDone) break
    }
    return sum
  }

  return {
    bury: () => repeat(bury, 0),
    async prune() {
      const now = await database.use(async (connection) => {
        const [row] = await connection.query(`select ${schema}.now_ms() as now`, [])
        return Number(textOf(row, 'now'))
      })
      const steps = [bury, expire, ...(maxAgeMs === Number.POSITIVE_INFINITY ? [] : [age]), shorten]
      let dropped = 0
      for (const one of steps) dropped += await repeat(one, now)
      if (maxAwayMs !== Number.POSITIVE_INFINITY) {
        await database.use((connection) => lookForAway(connection, now))
        await repeat(dropIdle, now)
      }
      return dropped
    },
  }
}

/** Forgets those who were away for too long. Goes on where it was the last time, and from the beginning once it has reached the end. */
function createAwaySearch(
  schema: string,
  maxAwayMs: number,
): (connection: Connection, now: number) => Promise<void> {
  const start = ['-1', '', '']
  let place = start
  return async (connection, now) => {
    const values = [...place, now - maxAwayMs - NOTED_EVERY_MS, STEP_CURSORS]
    const text = `select ${schema}.drop_away_1($1, $2, $3, $4, $5) as place`
    const [row] = await connection.query(text, values)
    const reached = textOf(row, 'place')
    place = reached === null ? start : JSON.parse(reached)
  }
}
