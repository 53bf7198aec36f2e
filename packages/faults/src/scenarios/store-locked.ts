import { setTimeout as sleep } from 'node:timers/promises'
import { prepareSqlite } from '../places.ts'
import type { Verdict } from './scenario.ts'
import { openSqlite } from './store-backups.ts'
import { underLoad } from './store-course.ts'
import { CHANNEL, type Crew } from './store-crew.ts'
import { callWitness, isFine, isForNow, type Witness, waitFor } from './store-witness.ts'

/** Longer than a store waits for the lock; the shortest such time, for a short run. */
const FIRST_MS = 10_000
export const SHORTEST_MS = 4_500
const LATER_MS = 500
/** Twice what a store waits for the lock, then the server asks no longer. */
const ANSWER_MS = 9_000
const READ_MS = 1_000

/** R29: two nodes share a SQLite file, and this process, a third one, does not let them write. */
export async function sqliteLocked(times: number, firstMs: number = FIRST_MS): Promise<Verdict> {
  const { place, close } = await prepareSqlite()
  try {
    return await underLoad({ place }, place, async (crew) => {
      const witness = await callWitness(crew.seats[0].url, null, crew.others)
      for (let n = 1; n <= times; n++) {
        const release = lock(place.file)
        await (n === 1 ? holdLong(crew, witness, firstMs) : sleep(LATER_MS))
        release()
        await crew.flows(`all goes on after lock ${n}`)
      }
      witness.close()
      crew.facts.faults = times
    })
  } finally {
    await close()
  }
}

/** Sends are refused for now, reads are not held up. */
async function holdLong({ waits }: Crew, witness: Witness, ms: number): Promise<void> {
  const over = sleep(ms)
  const sent = witness.send(CHANNEL)
  const history = await witness.ask('get-history', { stream: 'c:devops', limit: 5 })
  waits.push(
    waitFor('locked: history', history, READ_MS, isFine),
    waitFor('locked: a guest joins', await witness.join(CHANNEL), READ_MS, isFine),
    waitFor('locked: an answer that says "for now"', await sent, ANSWER_MS, isForNow),
  )
  await over
}

function lock(file: string): () => void {
  const db = openSqlite(file)
  db.exec('PRAGMA busy_timeout = 5000')
  db.exec('BEGIN IMMEDIATE')
  return () => {
    db.exec('ROLLBACK')
    db.close()
  }
}
