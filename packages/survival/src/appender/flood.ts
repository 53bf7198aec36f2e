import { writeSync } from 'node:fs'
import type { AppendOutcome, NotificationStore, Written } from '@carillon/store'
import { entriesFrom } from './entries.ts'
import { FLOOD_FD, type FloodLine } from './orders.ts'

/** Appends until it is killed, and says what was confirmed. */
export async function flood(store: NotificationStore, perCall: number): Promise<void> {
  say({ durability: await store.durability() })
  for (let first = 0; ; first += perCall) {
    const outcomes = await store.append(entriesFrom(first, perCall))
    const written = outcomes.filter(isWritten)
    if (written.length < outcomes.length) {
      const failed = outcomes.find((outcome) => !isWritten(outcome))
      say({ failed: failed !== undefined && 'cause' in failed ? String(failed.cause) : 'conflict' })
      await store.close()
      return
    }
    const epoch = written[0]?.epoch ?? ''
    say({ at: Date.now(), epoch, first, offsets: written.map(({ offset }) => offset) })
  }
}

function isWritten(outcome: AppendOutcome): outcome is Written {
  return outcome.outcome === 'written'
}

/** Past the buffers of Node: what was confirmed was confirmed, although the process is killed the moment after. */
function say(line: FloodLine): void {
  writeSync(FLOOD_FD, `${JSON.stringify(line)}\n`)
}
