import {
  createMemoryStore,
  type Head,
  type NotificationStore,
  type StreamKey,
  type Subscriber,
} from '@carillon/store'

/** A store that can be put back to an earlier state, as a restored backup or a failover does. */
export interface BackupStore extends NotificationStore {
  /** The stream has its first items and nothing else, and is still called by its epoch. */
  putBack(stream: StreamKey, items: number): Promise<void>
}

const ALL = { after: 0, limit: 100_000, maxBytes: 1_000_000_000 } as const

/** @param real what serves until the first time; the store after it is a new one under the old epochs */
export function createBackupStore(real: NotificationStore): BackupStore {
  let current = real
  /** Who may have a cursor: it is in the backup, too. */
  const subscribers = new Map<string, Subscriber>()
  /** What the epochs of the store of today were called before. */
  const names = new Map<string, string>()
  const before = <T extends { readonly epoch: string }>(place: T): T => ({
    ...place,
    epoch: names.get(place.epoch) ?? place.epoch,
  })
  const today = ({ epoch, offset }: Head): Head => {
    const [name = epoch] = [...names].find(([, old]) => old === epoch) ?? []
    return { epoch: name, offset }
  }
  return {
    ...real,
    async append(entries) {
      const outcomes = await current.append(entries)
      return outcomes.map((it) => (it.outcome === 'written' ? before(it) : it))
    },
    read: async (stream, query) => before(await current.read(stream, query)),
    heads: async (streams) => (await current.heads(streams)).map(before),
    async cursors(questions) {
      for (const { subscriber } of questions) subscribers.set(JSON.stringify(subscriber), subscriber)
      const asked = questions.map((it) => ({ ...it, start: it.start && today(it.start) }))
      return (await current.cursors(asked)).map((cursor) => cursor && before(cursor))
    },
    moveCursors: (moves) => current.moveCursors(moves.map((it) => ({ ...it, to: it.to && today(it.to) }))),
    async putBack(stream, count) {
      const page = before(await current.read(stream, ALL))
      const fresh = createMemoryStore()
      const [head] = await fresh.heads([stream])
      if (head === undefined) throw new Error('no head')
      names.set(head.epoch, page.epoch)
      await fresh.append(
        page.items.slice(0, count).map(({ id, content }) => ({
          stream,
          id,
          content,
          bytes: 1,
          ttlMs: null,
          sender: 'before',
          key: id,
          hash: '',
        })),
      )
      const questions = [...subscribers.values()].map((subscriber) => ({ subscriber, stream, start: null }))
      const cursors = await current.cursors(questions)
      await fresh.moveCursors(
        questions.flatMap(({ subscriber }, at) => {
          const offset = Math.min(cursors[at]?.offset ?? -1, count)
          return offset < 0 ? [] : [{ subscriber, stream, to: { epoch: head.epoch, offset } }]
        }),
      )
      current = fresh
    },
  }
}
