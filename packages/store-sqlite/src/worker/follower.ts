import type { Heard, Place, Reply } from '../messages.ts'
import { toFault } from './faults.ts'

/** What a follower asks of the database. */
export interface Watched {
  /** Changes whenever another connection has committed. */
  dataVersion(): number
  since(place: Place | null): Heard
}

/** Lets one call wait until somebody else has written something. Answers it through `post`. */
export interface Follower {
  follow(id: number, place: Place | null): void
  /** The call that waits is answered with nothing. */
  end(): void
}

interface Waiting {
  readonly id: number
  /** Moves on over what is not told. */
  place: Place
  readonly timer: NodeJS.Timeout
}

export function createFollower(
  open: () => Watched,
  pollMs: number,
  post: (replies: readonly Reply[]) => void,
): Follower {
  let waiting: Waiting | null = null
  /** What was committed up to this version has been looked at; of another file it is of no use. */
  let seen: { readonly watched: Watched; readonly version: number } | null = null

  function look(place: Place | null): Heard {
    const watched = open()
    const version = watched.dataVersion()
    const heard = watched.since(place)
    seen = { watched, version }
    return heard
  }

  function poll(): void {
    if (waiting === null) return
    const { id, place } = waiting
    try {
      const watched = open()
      if (seen?.watched === watched && seen.version === watched.dataVersion()) return
      const heard = look(place)
      if (isWorthTelling(heard)) answer({ id, output: heard })
      else waiting.place = heard.place
    } catch (error) {
      answer({ id, fault: toFault(error), isUncertain: false })
    }
  }

  function answer(reply: Reply): void {
    if (waiting !== null) clearInterval(waiting.timer)
    waiting = null
    post([reply])
  }

  function end(): void {
    if (waiting !== null) answer({ id: waiting.id, output: null })
  }

  return {
    follow(id, place) {
      end()
      try {
        const heard = look(place)
        if (isWorthTelling(heard)) answer({ id, output: heard })
        else waiting = { id, place: heard.place, timer: setInterval(poll, pollMs) }
      } catch (error) {
        answer({ id, fault: toFault(error), isUncertain: false })
      }
    },
    end,
  }
}

function isWorthTelling({ news, isGap }: Heard): boolean {
  return isGap || news.length > 0
}
