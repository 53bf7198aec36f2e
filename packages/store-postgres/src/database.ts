import { setTimeout as sleep } from 'node:timers/promises'
import { isPassing } from './errors.ts'
import { migrate, quoted } from './schema/migrate.ts'
import type { Connection, Sessions } from './sessions.ts'

/** The tables of one store, behind their opening. */
export interface Database {
  /** Quoted, to stand in SQL. */
  readonly schema: string
  /** Where news are told. */
  readonly channel: string
  /**
   * Runs work of one transaction when the schema is there. What the database rolled back in favour of somebody
   * else is done again. An opening that failed is tried again by the next call.
   */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
}

const ATTEMPTS = 6
const FIRST_PAUSE_MS = 5

export function createDatabase(sessions: Sessions, schema: string): Database {
  let opening: Promise<void> | null = null

  function open(): Promise<void> {
    opening ??= retrying(() => sessions.use((connection) => migrate(connection, schema))).catch((cause) => {
      opening = null
      throw cause
    })
    return opening
  }

  // In the background. Who calls before it is done waits for it, and hears why it failed.
  open().catch(() => undefined)
  return {
    schema: quoted(schema),
    channel: `${schema}_news`,
    async use(work) {
      await open()
      return retrying(() => sessions.use(work))
    },
  }
}

async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (cause) {
      if (!isPassing(cause) || attempt >= ATTEMPTS) throw cause
      // Those who were in each other's way come back at different times.
      await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** attempt)
    }
  }
}
