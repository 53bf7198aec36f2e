import type { AppendOutcome, NotificationStore } from '@carillon/store'
import { leakCheck, onUnhandled, until } from '@carillon/testkit'
import pg from 'pg'
import { expect, test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { ALL, append, describePostgres, entries, entry, stream } from './kit.ts'

const devops = stream('devops')

/** Sends without a pause and tries what is not settled again under the same keys, until it is told to end. */
function sender(store: NotificationStore): {
  seen: AppendOutcome['outcome'][]
  sent: string[]
  end(): Promise<void>
} {
  const seen: AppendOutcome['outcome'][] = []
  const sent: string[] = []
  let isOver = false
  const run = async (): Promise<void> => {
    while (!isOver) {
      let waiting = entries(devops, 5)
      while (waiting.length > 0) {
        const outcomes = await store.append(waiting)
        seen.push(...outcomes.map(({ outcome }) => outcome))
        waiting = waiting.filter(({ id }, at) => {
          if (outcomes[at]?.outcome !== 'written') return true
          sent.push(id)
          return false
        })
      }
    }
  }
  const running = run()
  return {
    seen,
    sent,
    async end() {
      isOver = true
      await running
    },
  }
}

/**
 * After a hard end PostgreSQL syncs every file of every database before it is there again, which takes a busy
 * disk as long as a test may last. What a kill of processes leaves is the same without.
 */
const WITHOUT_FSYNC = { settings: { fsync: 'off' } }

describePostgres(
  'outages',
  ({ server, open, connect, later }) => {
    /** Who waits for a lock of another session, as soon as there are so many. */
    async function waiting(url: string, count: number): Promise<number[]> {
      const db = await connect(url)
      const text = `select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
      return until(async () => {
        const { rows } = await db.query<{ pid: number }>(text)
        return rows.length === count ? rows.map(({ pid }) => pid) : null
      }, `${count} sessions wait`)
    }

    const works = (store: NotificationStore, what: string): Promise<unknown> =>
      until(async () => (await store.heads([devops])).length, what, 10_000)

    test('[PG40] a database that is away at the start is tried again by each call', async () => {
      const url = await server().createDatabase()
      await server().stop()
      const guard = onUnhandled()
      const store = open(url)
      await expect(store.durability()).rejects.toThrow()
      await expect(store.heads([devops])).rejects.toThrow()
      expect(await store.append([entry(devops)])).toMatchObject([{ outcome: 'refused' }])
      await server().start()
      expect(await append(store, [entry(devops)])).toMatchObject([{ offset: 1 }])
      await guard.check()
    })

    test.each<[how: string, fault: (url: string) => Promise<void>]>([
      [
        'a restart that waits for nobody',
        async () => {
          await server().stop('immediate')
          await server().start()
        },
      ],
      [
        'a kill of the database',
        async () => {
          await server().kill()
          await server().start()
        },
      ],
      [
        'an end of all its connections',
        async (url) => {
          const others = 'pid <> pg_backend_pid() and datname = current_database()'
          const ended = `select count(pg_terminate_backend(pid)) from pg_stat_activity where ${others}`
          // Between two calls nobody need notice it.
          expect(Number(await server().sql(ended, url))).toBeGreaterThan(0)
        },
      ],
    ])(
      '[PG41] %s in the middle of use: calls fail, then work again, and each item is there once',
      async (_, fault) => {
        const url = await server().createDatabase()
        const guard = onUnhandled()
        const store = open(url)
        const senders = [sender(store), sender(store), sender(store)]
        await until(() => senders.every(({ sent }) => sent.length > 30), 'the senders are at work')
        await fault(url)
        const before = senders.map(({ sent }) => sent.length)
        await until(
          () => senders.every(({ sent }, at) => sent.length > (before[at] ?? 0) + 30),
          'they go on',
          10_000,
        )
        await Promise.all(senders.map((one) => one.end()))
        const { items } = await store.read(devops, ALL)
        expect(items.map(({ offset }) => offset)).toEqual(items.map((__, at) => at + 1))
        const sent = senders.flatMap((one) => one.sent)
        expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
        expect(items.map(({ id }) => id).sort()).toEqual([...sent].sort())
        await guard.check()
      },
    )

    test('[PG42] an append whose connection ends before the answer is unknown, never refused', async () => {
      const url = await server().createDatabase()
      const store = open(url)
      await append(store, [entry(devops)])
      const db = await connect(url)
      await db.query('begin; select from carillon.streams for update')
      const blocked = store.append(entries(devops, 2))
      const [pid] = await waiting(url, 1)
      await db.query('select pg_terminate_backend($1)', [pid])
      expect((await blocked).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown'])
      await db.query('rollback')
      expect(await append(store, [entry(devops)])).toMatchObject([{ offset: 2 }])
    })

    test('[PG42] an append that the database cancelled is refused: it is rolled back', async () => {
      const url = await server().createDatabase()
      const store = open(`${url}&options=${encodeURIComponent('-c lock_timeout=50')}`)
      await append(store, [entry(devops)])
      const db = await connect(url)
      await db.query('begin; select from carillon.streams for update')
      expect((await store.append(entries(devops, 2))).map(({ outcome }) => outcome)).toEqual([
        'refused',
        'refused',
      ])
      await db.query('rollback')
      expect(await append(store, [entry(devops)])).toMatchObject([{ offset: 2 }])
    })

    test('[PG43] a pool that was handed in survives an outage, without a listener of its own, and stays open', async () => {
      const url = await server().createDatabase()
      const guard = onUnhandled()
      // No 'error' listener: the host forgot it.
      const pool = new pg.Pool({ connectionString: url })
      later(() => pool.end())
      const store = postgresStore({ pool })
      store.listen?.({ onNews: () => undefined, onGap: () => undefined })
      await Promise.all([1, 2, 3, 4].map(() => append(store, [entry(devops)])))
      await server().stop('immediate')
      await expect(store.heads([devops])).rejects.toThrow()
      await server().start()
      await works(store, 'the store works again')
      await store.close()
      expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
      await guard.check()
    })

    test('[PG44] close ends in good order: nothing is left open, and what hangs is cut', async () => {
      const url = await server().createDatabase()
      const check = leakCheck()
      const guard = onUnhandled()
      const store = postgresStore({ connectionString: url })
      const stop = store.listen?.({ onNews: () => undefined, onGap: () => undefined })
      const fine = append(store, [entry(devops)])
      await Promise.all([fine, store.heads([devops]), store.close(), store.close()])
      stop?.()
      await check.verify()
      await guard.check()
    })

    test('[PG44] close does not wait for ever for a call that hangs: the append is unknown', async () => {
      const url = await server().createDatabase()
      const guard = onUnhandled()
      const store = postgresStore({ connectionString: url, maxConnections: 1 })
      await append(store, [entry(devops)])
      const db = await connect(url)
      await db.query('begin; select from carillon.streams for update')
      const calls = [1, 2, 3, 4].map(() => store.append([entry(devops)]))
      // The other two wait for a connection.
      await waiting(url, 2)
      await store.close()
      const outcomes = (await Promise.all(calls)).flat().map(({ outcome }) => outcome)
      expect(outcomes).toEqual(['unknown', 'unknown', 'refused', 'refused'])
      await db.query('rollback')
      await guard.check()
    }, 20_000)
  },
  WITHOUT_FSYNC,
)
