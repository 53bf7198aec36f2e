import type {
  AppendOutcome,
  CursorQuestion,
  Head,
  Item,
  NewEntry,
  NotificationStore,
  Page,
  ReadQuery,
  StreamKey,
  Subscriber,
} from '../src/index.ts'

/** What the memory store promises, written as plainly as can be: lists, and a search for everything. */
interface Bounds {
  readonly maxItemsPerStream?: number
  readonly maxStreams?: number
  readonly maxBytes?: number
  readonly maxAgeMs?: number
  readonly now: () => number
}

interface Kept extends Item {
  readonly sender: string
  readonly key: string
  readonly hash: string
  readonly bytes: number
}

interface Stream {
  readonly key: StreamKey
  epoch: string
  head: number
  base: number
  /** The lowest offset that still counts against the number of items. */
  first: number
  items: Kept[]
  cursors: { readonly subscriber: Subscriber; at: Head }[]
  usedAt: number
}

const WEIGHT_OF_AN_ITEM = 400

const same = (a: object, b: object): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

export function createNaiveStore(bounds: Bounds): NotificationStore {
  const { maxItemsPerStream = 1e9, maxStreams = 1e9, maxBytes = 1e12, maxAgeMs = 1e12, now } = bounds
  let streams: Stream[] = []
  let ticks = 0
  let epochs = 0
  const newEpoch = (): string => `epoch ${++epochs}`
  let epoch = newEpoch()

  const find = (key: StreamKey): Stream | undefined => streams.find((stream) => same(stream.key, key))
  const rank = (stream: Stream): number => (stream.items.length > 0 ? 2 : stream.head > 0 ? 1 : 0)
  const use = (stream: Stream): void => {
    stream.usedAt = ++ticks
  }
  const leastUsed = (list: readonly Stream[]): Stream | undefined =>
    [...list].sort((a, b) => rank(a) - rank(b) || a.usedAt - b.usedAt)[0]
  const weight = (): number =>
    streams.flatMap((it) => it.items).reduce((sum, it) => sum + it.bytes + WEIGHT_OF_AN_ITEM, 0)

  function retire(stream: Stream): void {
    if (stream.head > 0 && stream.epoch === epoch) epoch = newEpoch()
  }

  function drop(stream: Stream): void {
    retire(stream)
    streams = streams.filter((it) => it !== stream)
  }

  function open(key: StreamKey): Stream {
    const known = find(key)
    if (known !== undefined) return known
    const stream: Stream = { key, epoch, head: 0, base: 0, first: 1, items: [], cursors: [], usedAt: ++ticks }
    streams.push(stream)
    const victim = streams.length > maxStreams ? leastUsed(streams.filter((it) => it !== stream)) : undefined
    if (victim !== undefined) drop(victim)
    return stream
  }

  function remove(stream: Stream, gone: readonly Kept[]): void {
    stream.items = stream.items.filter((item) => !gone.includes(item))
    stream.first = stream.items[0]?.offset ?? stream.head + 1
    if (stream.items.length === 0 && gone.length > 0) use(stream)
  }

  function trimFirst(stream: Stream): void {
    const [oldest] = stream.items
    if (oldest === undefined) return
    stream.base = oldest.offset
    remove(stream, [oldest])
  }

  function trimAged(stream: Stream): void {
    while ((stream.items[0]?.timestamp ?? Number.POSITIVE_INFINITY) < now() - maxAgeMs) trimFirst(stream)
  }

  function appendOne(entry: NewEntry): AppendOutcome {
    const stream = open(entry.stream)
    trimAged(stream)
    use(stream)
    const { sender, key, hash, bytes, ttlMs, id } = entry
    const known = stream.items.find((item) => item.sender === sender && item.key === key)
    if (known !== undefined && known.hash !== hash) return { outcome: 'conflict' }
    if (known !== undefined) return receipt(stream, known, true)
    const expiresAt = ttlMs === null ? null : now() + ttlMs
    const content = structuredClone(entry.content)
    const item = {
      id,
      offset: stream.head + 1,
      timestamp: now(),
      expiresAt,
      content,
      sender,
      key,
      hash,
      bytes,
    }
    stream.head += 1
    stream.items.push(item)
    stream.first = stream.items[0]?.offset ?? item.offset
    while (stream.head - stream.first >= maxItemsPerStream) trimFirst(stream)
    while (weight() > maxBytes) {
      const victim = leastUsed(streams.filter((it) => it.items.length > 0))
      if (victim === undefined) break
      trimFirst(victim)
    }
    return receipt(stream, item, false)
  }

  function receipt(
    stream: Stream,
    { id, offset, timestamp, expiresAt }: Kept,
    duplicate: boolean,
  ): AppendOutcome {
    return { outcome: 'written', epoch: stream.epoch, offset, id, timestamp, expiresAt, duplicate }
  }

  const isLive = ({ expiresAt }: Item): boolean => expiresAt === null || expiresAt > now()
  const shown = ({ id, offset, timestamp, expiresAt, content }: Kept): Item => ({
    id,
    offset,
    timestamp,
    expiresAt,
    content,
  })

  function readPage(stream: Stream | undefined, query: ReadQuery): Page {
    const { head = 0, base = 0, items = [] } = stream ?? {}
    const forward = 'after' in query
    const wanted = items.filter(
      (it) => isLive(it) && (forward ? it.offset > query.after : it.offset < query.before),
    )
    const taken: Kept[] = []
    const rest = forward ? wanted : wanted.reverse()
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      const bytes = [...taken, next].reduce((sum, item) => sum + item.bytes, 0)
      if (taken.length === query.limit || (taken.length > 0 && bytes > query.maxBytes)) {
        rest.unshift(next)
        break
      }
      taken.push(next)
    }
    const left = rest[0]?.offset
    const facts = { epoch: stream?.epoch ?? epoch, head, base }
    if (!forward) {
      const coveredTo = left === undefined ? Math.min(1, query.before) : left + 1
      return { ...facts, idAt: null, items: taken.reverse().map(shown), coveredTo }
    }
    const idAt = items.find((item) => item.offset === query.after)?.id ?? null
    return {
      ...facts,
      idAt,
      items: taken.map(shown),
      coveredTo: left === undefined ? Math.max(head, query.after) : left - 1,
    }
  }

  function ask({ subscriber, stream, start }: CursorQuestion): Head | null {
    const cursor = find(stream)?.cursors.find((it) => same(it.subscriber, subscriber))?.at ?? null
    if (cursor === null && start !== null) {
      move(subscriber, stream, { ...start, offset: Math.min(start.offset, find(stream)?.head ?? 0) })
    }
    return cursor
  }

  function move(subscriber: Subscriber, key: StreamKey, to: Head | null): void {
    const known = find(key)
    if (to === null) {
      if (known !== undefined) forgetCursors(known, (it) => same(it, subscriber))
      return
    }
    if (to.epoch !== (known?.epoch ?? epoch) || to.offset > (known?.head ?? 0)) return
    const stream = known ?? open(key)
    use(stream)
    const cursor = stream.cursors.find((it) => same(it.subscriber, subscriber))
    if (cursor === undefined) stream.cursors.push({ subscriber, at: to })
    else if (cursor.at.epoch !== to.epoch || cursor.at.offset < to.offset) cursor.at = to
  }

  function forgetCursors(stream: Stream, who: (subscriber: Subscriber) => boolean): void {
    const kept = stream.cursors.filter((it) => !who(it.subscriber))
    const lost = stream.cursors.length - kept.length
    stream.cursors = kept
    if (lost > 0 && kept.length === 0 && stream.head === 0 && stream.epoch === epoch) drop(stream)
  }

  const headOf = (stream: Stream | undefined): Head => ({
    epoch: stream?.epoch ?? epoch,
    offset: stream?.head ?? 0,
  })

  return {
    shared: false,
    inOrder: true,
    durability: async () => ({ level: 'none', sentence: 'Nothing.', warnings: [] }),
    append: async (entries) => entries.map(appendOne),
    async read(key, query) {
      const stream = find(key)
      if (stream !== undefined) {
        trimAged(stream)
        use(stream)
      }
      return readPage(stream, query)
    },
    heads: async (keys) => keys.map((key) => headOf(find(key))),
    cursors: async (questions) => questions.map(ask),
    async moveCursors(moves) {
      for (const { subscriber, stream, to } of moves) move(subscriber, stream, to)
    },
    async prune() {
      const before = streams.flatMap((stream) => stream.items).length
      for (const stream of streams) {
        trimAged(stream)
        remove(
          stream,
          stream.items.filter((item) => !isLive(item)),
        )
      }
      return before - streams.flatMap((stream) => stream.items).length
    },
    async clear(key) {
      const stream = open(key)
      retire(stream)
      Object.assign(stream, { epoch: newEpoch(), head: 0, base: 0, first: 1, items: [] })
      use(stream)
      return headOf(stream)
    },
    async forget(scope, user, key) {
      if (key !== undefined) {
        const there = key.scope === scope ? find(key) : undefined
        if (there !== undefined) forgetCursors(there, (subscriber) => subscriber.user === user)
        return
      }
      const own = find({ scope, kind: 'user', name: user })
      if (own !== undefined) drop(own)
      for (const stream of streams.filter((it) => it.key.scope === scope)) {
        forgetCursors(stream, (subscriber) => subscriber.user === user)
      }
    },
    close: async () => {},
  }
}
