import { statfsSync } from 'node:fs'
import type { Facts } from '../messages.ts'
import type { Connection } from './connection.ts'

/** Magic numbers of Linux for file systems that keep nothing over a power cut, or whose locks cannot be relied on. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6])
const ON_A_NETWORK = new Set([0x6969, 0x517b, 0xfe534d42, 0xff534d42])

/** Looks at the settings as they are now. */
export function factsOf(connection: Connection, file: string): Facts {
  const journal = connection.query<{ journal_mode: string }>('PRAGMA journal_mode').get()
  const synchronous = connection.query<{ synchronous: number }>('PRAGMA synchronous').get()
  return {
    journalMode: journal?.journal_mode ?? 'unknown',
    synchronous: synchronous?.synchronous ?? 0,
    medium: mediumOf(file),
  }
}

function mediumOf(file: string): Facts['medium'] {
  if (process.platform !== 'linux') return 'disk'
  const { type } = statfsSync(file)
  return IN_MEMORY.has(type) ? 'memory' : ON_A_NETWORK.has(type) ? 'network' : 'disk'
}
