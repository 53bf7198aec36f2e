import type { News, NotificationStore } from '@carillon/store'
import { onUnhandled, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { parsePayload } from '../src/news.ts'
import { append, describePostgres, entries, entry, range, stream } from './kit.ts'

const devops = stream('devops')

interface Heard {
  readonly news: News[]
  gaps: number
  stop(): void
}

/** Listens, and resolves when the store has said that from now on it hears. */
async function listening(store: NotificationStore): Promise<Heard> {
  const heard: Heard = { news: [], gaps: 0, stop: () => undefined }
  const stop = store.listen?.({
    onNews: (news) => void heard.news.push(news),
    onGap: () => {
      heard.gaps += 1
    },
  })
  heard.stop = () => stop?.()
  await until(() => heard.gaps > 0, 'the store listens')
  return heard
}

/** A hard end is then not followed by a sync of every file, which takes a busy disk long. */
const WITHOUT_FSYNC = { settings: { fsync: 'off' } }

describePostgres(
  'news',
  ({ server, open, connect, pool, later }) => {
    test('[PG50] one hint tells of each stream of a batch, with its head and its epoch', async () => {
      const url = await server().createDatabase()
      const heard = await listening(open(url))
      const other = open(url)
      const streams = [stream('b'), stream('a'), stream('alice', 'user'), stream('', 'broadcast')]
      const list = streams.flatMap((one, at) => entries(one, at + 1))
      const outcomes = await append(other, list)
      await until(() => heard.news.length >= streams.length, 'news of the streams')
      for (const one of streams) {
        const last = outcomes.filter((_, at) => list[at]?.stream === one).at(-1)
        expect(heard.news).toContainEqual({ stream: one, epoch: last?.epoch, head: last?.offset, item: null })
      }
      expect(heard.news).toHaveLength(streams.length)
      // Duplicates are no news.
      await other.append([...list, entry(devops)])
      await until(() => heard.news.some(({ stream: { name } }) => name === 'devops'), 'news of the new one')
      expect(heard.news).toHaveLength(streams.length + 1)
    })

    test('[PG50] more streams than a notification can hold come in several', async () => {
      const url = await server().createDatabase()
      const heard = await listening(open(url))
      const names = range(300).map((at) => `${at}-${'é"\\'.repeat(30)}`)
      await append(
        open(url),
        names.map((name) => entry(stream(name))),
      )
      await until(() => heard.news.length >= names.length, 'news of every stream')
      expect(new Set(heard.news.map((news) => news.stream.name))).toEqual(new Set(names))
      expect(heard.gaps).toBe(1)
    })

    test('[PG51] what does not fit, and what nobody understands, is told as a gap', async () => {
      const url = await server().createDatabase()
      const heard = await listening(open(url))
      const huge = { scope: '"'.repeat(1_000), kind: 'channel', name: '\u0001'.repeat(1_000) } as const
      await append(open(url), [entry(huge), entry(devops)])
      await until(() => heard.gaps === 2 && heard.news.length === 1, 'a gap, and the other stream')
      const db = await connect(url)
      for (const payload of ['', 'nonsense', '[]', '{"a":1}', '["x",1]', '["x",[["channel","/","a"],1]]']) {
        const before = heard.gaps
        await db.query('select pg_notify($1, $2)', ['carillon_news', payload])
        await until(() => heard.gaps === before + 1, `a gap for ${payload}`)
      }
      await db.query(`notify "other_news", '*'`)
      await append(open(url), [entry(devops)])
      await until(() => heard.news.length === 2, 'the next news')
      expect(heard.gaps).toBe(8)
      await open(url).forget('/', 'alice')
      await until(() => heard.gaps === 9, 'a gap for a stream that is gone')
    })

    test('[PG51] the reading of a payload takes nothing for granted', () => {
      const news = { stream: devops, epoch: 'e', head: 7, item: null }
      expect(parsePayload('["c",[["channel","/","devops","e"],7]]')).toEqual({ call: 'c', news: [news] })
      for (const broken of [
        '["c",[["other","/","devops","e"],7]]',
        '["c",[["channel","/","devops","e"],"7"]]',
        '*',
      ]) {
        expect(parsePayload(broken)).toBeUndefined()
      }
    })

    test('[PG52] it is told at once that the connection was lost', async () => {
      const url = await server().createDatabase()
      const told: string[] = []
      open(url).listen?.({
        onNews: () => undefined,
        onGap: () => void told.push('gap'),
        onSilence: () => void told.push('silence'),
      })
      await until(() => told.length === 1, 'the store listens')
      const listens = `query like 'listen%' and datname = current_database()`
      await server().sql(`select pg_terminate_backend(pid) from pg_stat_activity where ${listens}`, url)
      await until(() => told.length === 3, 'the store listens again')
      expect(told).toEqual(['gap', 'silence', 'gap'])
    })

    test('[PG52] after the connection was lost it listens again, and says that news may be missing', async () => {
      const url = await server().createDatabase()
      const guard = onUnhandled()
      const heard = await listening(open(url))
      const other = open(url)
      await append(other, [entry(devops)])
      await until(() => heard.news.length === 1, 'the first news')
      const listens = `query like 'listen%' and datname = current_database()`
      const cut = async (): Promise<void> => {
        const before = heard.gaps
        await server().sql(`select pg_terminate_backend(pid) from pg_stat_activity where ${listens}`, url)
        await until(() => heard.gaps > before, 'the store listens again')
      }
      await cut()
      await cut()
      const before = heard.gaps
      await server().stop('immediate')
      await server().start()
      await until(() => heard.gaps > before, 'the store listens again', 10_000)
      await until(
        async () => (await other.append([entry(stream('later'))]))[0]?.outcome === 'written',
        'an append',
      )
      await until(() => heard.news.some((news) => news.stream.name === 'later'), 'news as before')
      await guard.check()
    })

    test('[PG52] a database that is away when listening begins is waited for', async () => {
      const url = await server().createDatabase()
      await server().stop()
      const guard = onUnhandled()
      const started = listening(open(url))
      await server().start()
      const heard = await started
      await append(open(url), [entry(devops)])
      await until(() => heard.news.length === 1, 'news')
      await guard.check()
    })

    test('[PG53] all listeners of a store share one connection, which goes with the last', async () => {
      const url = await server().createDatabase()
      const shared = pool(url, { max: 3 })
      const store = postgresStore({ pool: shared })
      later(() => store.close())
      const db = await connect(url)
      const count = async (): Promise<number | null> =>
        (
          await db.query(
            `select from pg_stat_activity where query like 'listen%' and datname = current_database()`,
          )
        ).rowCount
      const [one, two] = [await listening(store), await listening(store)]
      expect(await count()).toBe(1)
      one.stop()
      one.stop()
      await append(open(url), [entry(devops)])
      await until(() => two.news.length === 1, 'news for who still listens')
      expect(one.news).toHaveLength(0)
      two.stop()
      // It does not go back to the pool: it would go on hearing for whoever gets it next.
      await until(async () => (await count()) === 0, 'the connection is closed')
      const three = await listening(store)
      await append(open(url), [entry(devops)])
      await until(() => three.news.length === 1, 'news for who came later')
      expect(two.news).toHaveLength(1)
    })

    test('[PG54] news of an own append come after its answer', async () => {
      const url = await server().createDatabase()
      const store = open(url)
      const answered = new Set<number>()
      const early: number[] = []
      const heard = await listening(store)
      store.listen?.({
        onNews: ({ head }) => {
          if (!answered.has(head)) early.push(head)
        },
        onGap: () => undefined,
      })
      for (const _ of range(40)) {
        const [outcome] = await append(store, [entry(devops)])
        answered.add(outcome?.offset ?? 0)
      }
      await until(() => heard.news.length === 40, 'all news')
      expect(early).toEqual([])
    })

    test('[PG55] a listener that throws against its promise takes nobody down', async () => {
      const url = await server().createDatabase()
      const guard = onUnhandled()
      const store = open(url)
      store.listen?.({
        onNews: () => {
          throw new Error('news')
        },
        onGap: () => {
          throw new Error('gap')
        },
      })
      const heard = await listening(store)
      await append(open(url), [entry(devops)])
      await until(() => heard.news.length === 1, 'news for the other one')
      await guard.check()
    })
  },
  WITHOUT_FSYNC,
)
