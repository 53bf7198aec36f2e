import { setTimeout as sleep } from 'node:timers/promises'
import { prepareSqlite } from '../places.ts'
import type { Verdict } from './scenario.ts'
import { openSqlite } from './store-backups.ts'
import { underLoad } from './store-course.ts'
import { CHANNEL, type Crew } from './store-crew.ts'
import { type Answer, callWitness, isFine, isForNow, type Witness, waitFor } from './store-witness.ts'

/** Longer than a store waits for the lock; the shortest such time, for a short run. */
const FIRST_MS = 10_000
export const SHORTEST_MS = 4_500
const LATER_MS = 500
/** A send waits for the batch before it and for its own, each as long as the server waits for a store. */
const ANSWER_MS = 21_000
const READ_MS = 1_000

/** R29: two nodes share a SQLite file, and this process, a third one, does not let them write. */
export async function sqliteLocked(times: number, firstMs: number = FIRST_MS): Promise<Verdict> {
  const { place, close } = await prepareSqlite()
  try {
    return await underLoad({ place }, place, async (crew) => {
      const witness = await callWitness(crew.seats[0].url, null, crew.others)
      for (let n = 1; n <= times; n++) {
        const release = lock(place.file)
        const isReleased = sleep(n === 1 ? firstMs : LATER_MS).then(release)
        if (n === 1) await askMeanwhile(crew, witness)
        await isReleased
        await crew.flows(`all goes on after lock ${n}`)
      }
      witness.close()
      crew.facts.faults = times
    })
  } finally {
    await close()
  }
}

/** Reads are not held up; a send is answered in time, whatever became of it. */
async function askMeanwhile({ waits, facts }: Crew, witness: Witness): Promise<void> {
  const sent = witness.send(CHANNEL)
  const history = await witness.ask('get-history', { stream: 'c:devops', limit: 5 })
  const joined = await witness.join(CHANNEL)
  const told = await sent
  waits.push(
    waitFor('locked: history', history, READ_MS, isFine),
    waitFor('locked: a guest joins', joined, READ_MS, isFine),
    waitFor('locked: a send is answered', told, ANSWER_MS, isAnswer),
  )
  facts.refusedForNow = told.answer !== null && isForNow(told.answer) ? 1 : 0
}

function isAnswer(answer: Answer): boolean {
  return isFine(answer) || isForNow(answer)
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
