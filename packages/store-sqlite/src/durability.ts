import type { Durability } from '@carillon/store'
import type { Facts } from './messages.ts'

const SYNCHRONOUS_FULL = 2
const SYNCHRONOUS_NORMAL = 1

/** What a confirmation survives under these settings. */
export function durabilityOf(facts: Facts, file: string): Durability {
  const warnings = [...synchronousWarnings(facts), ...journalWarnings(facts), ...mediumWarnings(facts)]
  const isSafe = facts.synchronous >= SYNCHRONOUS_FULL && facts.medium !== 'memory'
  const survives = isSafe
    ? 'the end of the process and a power cut'
    : 'the end of the process, but not that of the machine'
  return {
    level: isSafe ? 'power' : 'process',
    sentence: `Notifications and cursors are kept in the SQLite file ${file}: a confirmation survives ${survives}.`,
    warnings,
  }
}

function synchronousWarnings({ synchronous, journalMode }: Facts): string[] {
  if (synchronous >= SYNCHRONOUS_FULL) return []
  const lost =
    synchronous === SYNCHRONOUS_NORMAL && journalMode === 'wal'
      ? 'a power cut loses what was confirmed since the last checkpoint'
      : 'a power cut may lose what was confirmed and damage the file'
  const name = synchronous === SYNCHRONOUS_NORMAL ? 'normal' : 'off'
  return [`SQLite runs with synchronous=${name}: ${lost}. Set synchronous: 'full'.`]
}

function journalWarnings({ journalMode }: Facts): string[] {
  if (journalMode === 'wal') return []
  const effect = 'readers and writers hold each other up'
  return [
    `SQLite runs with journal_mode=${journalMode} instead of wal: ${effect}. Put the file on a local file system.`,
  ]
}

function mediumWarnings({ medium }: Facts): string[] {
  if (medium === 'memory')
    return ['The SQLite file lies in memory (tmpfs): it is gone with the machine. Put it on a disk.']
  if (medium === 'network') {
    const effect = 'its locks do not hold there, and two machines that write can destroy it'
    return [`The SQLite file lies on a network file system: ${effect}. Put it on a local disk.`]
  }
  return []
}
