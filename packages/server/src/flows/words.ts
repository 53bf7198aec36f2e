import type { Item } from '@carillon/store'
import type { Tail } from '../rules/tail.ts'
import type { Core } from './core.ts'

/*
 * What the host says of a user (revoke, disconnectUser) is an entry of the user's stream. Whoever is just being let in
 * may have been judged before it was said: so the end of the stream is looked at, wherever the client itself says that
 * it stands. [G8]
 */

/** Clocks of nodes and databases differ by less. */
export const CLOCKS_MS = 10_000

/** The word of each user that was heard here last. Bounded by time: only connections under way ask for it. */
export type HeardWords = Map<string, { readonly id: string; readonly at: number }>

/** Most streams of users are silent. */
const LOOK = { limit: 10, maxBytes: 65_536 } as const

/** Longer than a connection is under way. */
const KEEP_MS = 120_000

export function noteWord(core: Core, user: string, { id }: Item): void {
  const now = core.clock.now()
  core.words.delete(user)
  core.words.set(user, { id, at: now })
  // A map keeps the order of insertion, so the oldest come first.
  for (const [known, { at }] of core.words) {
    if (now - at < KEEP_MS) return
    core.words.delete(known)
  }
}

/** What stands at the end of a user's stream. */
export interface Ending {
  /** Offset of the last entry. */
  readonly head: number
  /** Id of the last word of the host that may have been said since, or `null`. */
  readonly word: string | null
}

/** @param since in milliseconds since 1970, by the clock of this node */
export async function readEnding(core: Core, { stream }: Tail, since: number): Promise<Ending> {
  let head: number | null = null
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = await core.store.read(stream, { before, ...LOOK })
    head ??= page.head
    const recent = page.items.filter(({ timestamp }) => timestamp >= since - CLOCKS_MS)
    const word = recent.filter(({ content }) => content.control !== undefined).at(-1)
    if (word !== undefined) return { head, word: word.id }
    // Whoever is sent a whole page within moments may have a word behind it.
    if (recent.length < page.items.length || page.items.length === 0) return { head, word: null }
    before = page.coveredTo
  }
}
