import type { AppendOutcome, Head, News, NotificationStore } from '@carillon/store'

/** What a store does wrong on purpose. */
export type Breakage =
  /** It takes every send for a new one. */
  | 'forgets-keys'
  /** It confirms what it has not written yet, and writes it a little later. */
  | 'confirms-early'
  /** It leaves items out of its pages without a word. */
  | 'leaves-holes'
  /** It does not say what retention has taken. */
  | 'hides-what-is-trimmed'
  /** It lets cursors go back. */
  | 'turns-cursors-back'
  /** It writes what comes together the other way round. */
  | 'turns-batches-round'
  /** It takes what it could not write for written. */
  | 'confirms-what-failed'
  /** It says that its log is the same as ever, whatever became of it. */
  | 'hides-new-epochs'
  /** It takes any place in its log for one that was reached. */
  | 'hides-what-was-put-back'
  /** It throws where nobody can catch it. */
  | 'throws-at-nobody'
  /** It names notifications by the second in which they came. */
  | 'names-by-the-clock'

const LATE_MS = 150

/** Every so many items it leaves one out. */
const HOLE_EVERY = 7

export function brokenStore(store: NotificationStore, breakage: Breakage): NotificationStore {
  // One call at a time: what is broken is to be what the breakage says, and nothing else.
  return { ...store, inOrder: false, ...BROKEN[breakage](store) }
}

const BROKEN: Readonly<Record<Breakage, (store: NotificationStore) => Partial<NotificationStore>>> = {
  'forgets-keys': (store) => ({
    append: (entries) => store.append(entries.map((entry) => ({ ...entry, key: entry.id }))),
  }),
  'confirms-early': (store) => ({
    async append(entries) {
      const [head] = await store.heads(entries.slice(0, 1).map(({ stream }) => stream))
      setTimeout(() => void store.append(entries).catch(() => undefined), LATE_MS)
      const { epoch = '', offset = 0 } = head ?? {}
      return entries.map(({ id }, at) => {
        const place = { epoch, offset: offset + at + 1, id }
        return { outcome: 'written', ...place, timestamp: Date.now(), expiresAt: null, duplicate: false }
      })
    },
  }),
  'leaves-holes': (store) => ({
    async read(stream, query) {
      const page = await store.read(stream, query)
      return { ...page, items: page.items.filter(({ offset }) => offset % HOLE_EVERY !== 0) }
    },
  }),
  'hides-what-is-trimmed': (store) => ({
    read: async (stream, query) => ({ ...(await store.read(stream, query)), base: 0 }),
  }),
  'turns-cursors-back': (store) => ({
    async moveCursors(moves) {
      await store.moveCursors(moves.map((move) => ({ ...move, to: null })))
      await store.moveCursors(moves)
    },
  }),
  'turns-batches-round': (store) => ({
    append: async (entries) => [...(await store.append([...entries].reverse()))].reverse(),
  }),
  'confirms-what-failed': (store) => {
    let last = { epoch: '', offset: 0 }
    return {
      async append(entries) {
        const outcomes = await store
          .append(entries)
          .catch((cause): AppendOutcome[] => entries.map(() => ({ outcome: 'unknown', cause })))
        return outcomes.map((outcome, at) => {
          const isWritten = outcome.outcome === 'written'
          last = isWritten ? outcome : { ...last, offset: last.offset + 1 }
          return isWritten ? outcome : pretended(entries[at]?.id ?? '', last)
        })
      },
    }
  },
  'hides-new-epochs': (store) => ({
    append: async (entries) =>
      (await store.append(entries)).map((outcome) => ('epoch' in outcome ? sameAsEver(outcome) : outcome)),
    read: async (stream, query) => sameAsEver(await store.read(stream, query)),
    heads: async (streams) => (await store.heads(streams)).map(sameAsEver),
    cursors: async (questions) => questions.map(() => null),
    moveCursors: async () => undefined,
    ...listening(store, sameAsEver),
  }),
  'hides-what-was-put-back': (store) => ({
    async read(stream, query) {
      const page = await store.read(stream, query)
      return { ...page, idAt: null, head: 'after' in query ? Math.max(page.head, query.after) : page.head }
    },
  }),
  'throws-at-nobody': (store) => ({
    append(entries) {
      setTimeout(() => {
        throw new Error('thrown at nobody')
      })
      return store.append(entries)
    },
  }),
  'names-by-the-clock': (store) => ({
    append: (entries) =>
      store.append(entries.map((entry) => ({ ...entry, id: `n_${Math.floor(Date.now() / 1000)}` }))),
  }),
}

function pretended(id: string, { epoch, offset }: Head): AppendOutcome {
  const times = { timestamp: Date.now(), expiresAt: null }
  return { outcome: 'written', epoch, offset, id, ...times, duplicate: false }
}

function sameAsEver<T extends { readonly epoch: string }>(facts: T): T {
  return { ...facts, epoch: 'same-as-ever' }
}

function listening(
  { listen }: NotificationStore,
  tell: (news: News) => News,
): Pick<NotificationStore, 'listen'> {
  if (listen === undefined) return {}
  return { listen: (listener) => listen({ ...listener, onNews: (news) => listener.onNews(tell(news)) }) }
}
