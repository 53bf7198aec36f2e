/** Notices that messages of other nodes are missing, by the numbers that each node counts up. */
export interface Sequences {
  hear(node: string, number: number): void
  /** The next number of each node is taken as it comes: somebody looks anyway. */
  restart(): void
  stop(): void
}

interface Sequence {
  /** The number that comes next; `null` takes any. */
  next: number | null
  /** Numbers that came before their turn. */
  readonly early: Set<number>
}

/** Through the nodes of a cluster messages overtake each other: a hole may fill by itself for so long. */
export const GRACE_MS = 1_000
const MOST_NODES = 1_000
const MOST_EARLY = 1_000

export function createSequences(onGap: () => void, graceMs: number = GRACE_MS): Sequences {
  const sequences = new Map<string, Sequence>()
  let timer: NodeJS.Timeout | undefined

  /** Whoever is missed by now does not come any more. */
  function giveUp(): void {
    timer = undefined
    let missed = false
    for (const sequence of sequences.values()) {
      if (sequence.early.size === 0) continue
      sequence.next = Math.max(...sequence.early) + 1
      sequence.early.clear()
      missed = true
    }
    if (missed) onGap()
  }

  function meet(node: string, number: number): void {
    for (const oldest of sequences.keys()) {
      if (sequences.size < MOST_NODES) break
      sequences.delete(oldest)
    }
    sequences.set(node, { next: number + 1, early: new Set() })
    // Its earlier ones were before our time, or they were lost.
    if (number > 1) onGap()
  }

  return {
    hear(node, number) {
      const sequence = sequences.get(node)
      if (sequence === undefined) {
        meet(node, number)
        return
      }
      const { early } = sequence
      let next = sequence.next ?? number
      if (number > next) {
        early.add(number)
        if (early.size >= MOST_EARLY) {
          clearTimeout(timer)
          giveUp()
        } else timer ??= setTimeout(giveUp, graceMs).unref()
        return
      }
      if (number === next) next += 1
      while (early.delete(next)) next += 1
      sequence.next = next
    },
    restart() {
      for (const sequence of sequences.values()) {
        sequence.next = null
        sequence.early.clear()
      }
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
      sequences.clear()
    },
  }
}
