import type { OpenedStore, StoreWish } from '../src/contract.ts'
import type {
  AppendOutcome,
  Head,
  NewEntry,
  NotificationStore,
  StreamKey,
  Subscriber,
  Written,
} from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import { idOf, wrong } from './wrong.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Reads the head, works out the offset itself, and only then writes. */
export const racingOffsets = wrong((inner) => ({
  async append(entries) {
    const heads = await inner.heads(entries.map((entry) => entry.stream))
    await nextTurn()
    const outcomes = await inner.append(entries)
    const counts = new Map<string, number>()
    return outcomes.map((outcome, at) => {
      const entry = entries[at]
      if (outcome.outcome !== 'written' || outcome.duplicate || entry === undefined) return outcome
      const count = (counts.get(idOf(entry.stream)) ?? 0) + 1
      counts.set(idOf(entry.stream), count)
      return { ...outcome, offset: (heads[at]?.offset ?? 0) + count }
    })
  },
}))

/** Says that calls keep their order, and lets every other one overtake. */
export const overtakingCalls = wrong((inner) => {
  let calls = 0
  return {
    inOrder: true,
    async append(entries) {
      calls += 1
      if (calls % 2 === 0) await nextTurn()
      return inner.append(entries)
    },
  }
})

/** Shows later items while earlier ones are still being written. */
export const holesOfOthers = wrong((inner) => {
  const underWay = new Set<string>()
  return {
    async append(entries) {
      const first = entries[0]?.id ?? ''
      underWay.add(first)
      const outcomes = await inner.append(entries)
      await nextTurn()
      underWay.delete(first)
      return outcomes
    },
    async read(stream, query) {
      const page = await inner.read(stream, query)
      return { ...page, items: page.items.filter((item, at) => at % 2 === 1 || !underWay.has(item.id)) }
    },
  }
})

/** Takes a name for another one that starts the same. */
export const prefixMatch = wrong((inner) => {
  const cut = (stream: StreamKey): StreamKey => ({ ...stream, name: stream.name.split(':')[0] ?? '' })
  return {
    append: (entries) => inner.append(entries.map((entry) => ({ ...entry, stream: cut(entry.stream) }))),
    read: (stream, query) => inner.read(cut(stream), query),
    heads: (streams) => inner.heads(streams.map(cut)),
  }
})

/** Keeps the very object that it was given. */
export const sharedObjects = wrong((inner) => {
  const given = new Map<string, NewEntry>()
  return {
    append(entries) {
      for (const entry of entries) given.set(entry.id, entry)
      return inner.append(entries)
    },
    async read(stream, query) {
      const page = await inner.read(stream, query)
      return {
        ...page,
        items: page.items.map((it) => ({ ...it, content: given.get(it.id)?.content ?? it.content })),
      }
    },
  }
})

/** Does not say what retention took. */
export const silentTrim = wrong((inner) => ({
  read: async (stream, query) => ({ ...(await inner.read(stream, query)), base: 0 }),
}))

/** Covers what it found, and not what is gone for good. */
export const uncoveredHoles = wrong((inner) => ({
  async read(stream, query) {
    const page = await inner.read(stream, query)
    const last = page.items.at(-1)
    return 'before' in query || last === undefined ? page : { ...page, coveredTo: last.offset }
  },
}))

/** Looks at the clock when it prunes, and not when it reads. */
export function readsExpired(wish: StoreWish): OpenedStore {
  const start = 1_750_000_000_000
  let time = start
  let reading = false
  const inner = createMemoryStore({ ...wish, now: () => (reading ? start : time) })
  const read: NotificationStore['read'] = (stream, query) => {
    reading = true
    const page = inner.read(stream, query)
    reading = false
    return page
  }
  return {
    store: { ...inner, read },
    advance: (ms) => {
      time += ms
    },
  }
}

/** Has no idempotency at all. */
export const lostKeys = wrong((inner) => {
  let calls = 0
  return { append: (entries) => inner.append(entries.map((it) => ({ ...it, key: `${it.key} ${++calls}` }))) }
})

/** Lets one sender take the keys of another. */
export const keysOfEverybody = wrong((inner) => ({
  append: (entries) => inner.append(entries.map((entry) => ({ ...entry, sender: '' }))),
}))

/** Looks a key up, and writes it down when the append is done. */
export const keysTooLate = wrong((inner) => {
  const known = new Map<string, { hash: string; written: Written }>()
  const keyOf = (entry: NewEntry): string => JSON.stringify([idOf(entry.stream), entry.sender, entry.key])
  return {
    async append(entries) {
      return Promise.all(
        entries.map(async (entry): Promise<AppendOutcome> => {
          const before = known.get(keyOf(entry))
          if (before !== undefined && before.hash !== entry.hash) return { outcome: 'conflict' }
          if (before !== undefined) return { ...before.written, duplicate: true }
          const [outcome] = await inner.append([{ ...entry, key: entry.id }])
          if (outcome === undefined) return { outcome: 'conflict' }
          if (outcome.outcome === 'written') known.set(keyOf(entry), { hash: entry.hash, written: outcome })
          return outcome
        }),
      )
    },
    async clear(stream) {
      known.clear()
      return inner.clear(stream)
    },
  }
})

/** Rolls a whole batch back for one bad entry. */
export const allOrNothing = wrong((inner) => {
  const hashes = new Map<string, string>()
  const keyOf = (entry: NewEntry): string => JSON.stringify([idOf(entry.stream), entry.sender, entry.key])
  return {
    append(entries) {
      const bad = entries.some((entry) => (hashes.get(keyOf(entry)) ?? entry.hash) !== entry.hash)
      if (bad) return Promise.resolve(entries.map(() => ({ outcome: 'conflict' })))
      for (const entry of entries) hashes.set(keyOf(entry), entry.hash)
      return inner.append(entries)
    },
  }
})

/** Believes the last move. */
export const cursorsGoBack = wrong((inner) => ({
  async moveCursors(moves) {
    for (const move of moves) {
      const [head] = await inner.heads([move.stream])
      if (move.to === null || move.to.epoch === head?.epoch) await inner.moveCursors([{ ...move, to: null }])
      await inner.moveCursors([move])
    }
  },
}))

/** Takes any place for one in the log. */
export const cursorsPassTheEnd = wrong((inner) => {
  const beyond = new Map<string, Head>()
  const tagOf = (subscriber: Subscriber, stream: StreamKey): string =>
    JSON.stringify([subscriber, idOf(stream)])
  return {
    async moveCursors(moves) {
      for (const move of moves) {
        const [head] = await inner.heads([move.stream])
        const isBeyond = move.to?.epoch === head?.epoch && (move.to?.offset ?? 0) > (head?.offset ?? 0)
        if (isBeyond && move.to !== null) beyond.set(tagOf(move.subscriber, move.stream), move.to)
        else await inner.moveCursors([move])
      }
    },
    async cursors(questions) {
      const found = await inner.cursors(questions)
      return found.map((cursor, at) => {
        const question = questions[at]
        return (question && beyond.get(tagOf(question.subscriber, question.stream))) ?? cursor
      })
    },
  }
})

/** Takes a move beyond the end for one to the end. */
export const movesToTheEnd = wrong((inner) => ({
  async moveCursors(moves) {
    const heads = await inner.heads(moves.map((move) => move.stream))
    await inner.moveCursors(
      moves.map((move, at) => {
        const end = heads[at]?.offset ?? 0
        return { ...move, to: move.to && { ...move.to, offset: Math.min(move.to.offset, end) } }
      }),
    )
  },
}))

/** Puts nobody who would start beyond the end. */
export const startsNobodyBeyond = wrong((inner) => ({
  async cursors(questions) {
    const heads = await inner.heads(questions.map((it) => it.stream))
    return inner.cursors(
      questions.map((it, at) => {
        const isBeyond = (it.start?.offset ?? 0) > (heads[at]?.offset ?? 0)
        return isBeyond ? { ...it, start: null } : it
      }),
    )
  },
}))

/** Takes the start of a question for a move. */
export const startsEverybody = wrong((inner) => ({
  async cursors(questions) {
    const found = await inner.cursors(questions.map((it) => ({ ...it, start: null })))
    await inner.moveCursors(
      questions.flatMap(({ start, ...place }) => (start === null ? [] : [{ ...place, to: start }])),
    )
    return found
  },
}))

/** Answers, and puts nobody anywhere. */
export const startsNobody = wrong((inner) => ({
  cursors: (questions) => inner.cursors(questions.map((it) => ({ ...it, start: null }))),
}))

/** Has one cursor for all devices of a user. */
export const noDevices = wrong((inner) => {
  const whole = ({ user }: Subscriber): Subscriber => ({ user, device: null })
  return {
    cursors: (questions) =>
      inner.cursors(questions.map((it) => ({ ...it, subscriber: whole(it.subscriber) }))),
    moveCursors: (moves) =>
      inner.moveCursors(moves.map((it) => ({ ...it, subscriber: whole(it.subscriber) }))),
  }
})

/** Cannot tell one life of a stream from the next. */
export const oneEpoch = wrong((inner) => {
  const epoch = 'always'
  const headOf = (stream: StreamKey): Promise<Head | undefined> =>
    inner.heads([stream]).then(([head]) => head)
  return {
    append: async (entries) =>
      (await inner.append(entries)).map((it) => ('epoch' in it ? { ...it, epoch } : it)),
    read: async (stream, query) => ({ ...(await inner.read(stream, query)), epoch }),
    heads: async (streams) => (await inner.heads(streams)).map((head) => ({ ...head, epoch })),
    async cursors(questions) {
      const asked = questions.map(async (question) => {
        const own = await headOf(question.stream)
        const isOwn = question.start?.epoch === epoch
        const start =
          question.start && (isOwn ? { ...question.start, epoch: own?.epoch ?? '' } : question.start)
        return { ...question, start }
      })
      const found = await inner.cursors(await Promise.all(asked))
      return found.map((cursor) => cursor && { ...cursor, epoch })
    },
    async moveCursors(moves) {
      for (const move of moves) {
        const own = await headOf(move.stream)
        const to = move.to?.epoch === epoch ? { ...move.to, epoch: own?.epoch ?? '' } : move.to
        await inner.moveCursors([{ ...move, to }])
      }
    },
    clear: async (stream) => ({ ...(await inner.clear(stream)), epoch }),
  }
})

/** Forgets with the log who was where in it. */
export const cursorsLostByClear = wrong((inner) => {
  const subscribers: Subscriber[] = []
  return {
    moveCursors(moves) {
      subscribers.push(...moves.map((move) => move.subscriber))
      return inner.moveCursors(moves)
    },
    async clear(stream) {
      await inner.moveCursors(subscribers.map((subscriber) => ({ subscriber, stream, to: null })))
      return inner.clear(stream)
    },
  }
})

/** Forgets everybody whose name starts with the user's. */
export const forgetsTooMuch = wrong((inner) => {
  const users = new Set<string>()
  return {
    moveCursors(moves) {
      for (const { subscriber } of moves) users.add(subscriber.user)
      return inner.moveCursors(moves)
    },
    async forget(scope, user, stream) {
      if (stream !== undefined) return inner.forget(scope, user, stream)
      for (const name of users) if (name.startsWith(user)) await inner.forget(scope, name)
    },
  }
})

/** Promises to survive a restart, and starts empty. */
export function losesAll(wish: StoreWish): OpenedStore {
  const opened = wrong(() => ({
    durability: async () => ({ level: 'process', sentence: 'Kept.', warnings: [] }),
  }))(wish)
  return { ...opened, reopen: () => createMemoryStore() }
}

/** Promises to be one store for all, and is one for each. */
export function sharesNothing(wish: StoreWish): OpenedStore {
  const opened = wrong(() => ({ shared: true }))(wish)
  return { ...opened, reopen: () => createMemoryStore() }
}
