import { describe, expect, test } from 'vitest'
import { durabilityOf } from '../src/durability.ts'
import { ALL, append, describePostgres, entries, entry, stream } from './kit.ts'

const GOOD = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  standbys: '',
  isolation: 'read committed',
  unlogged: '0',
}

describe('[PG30] what a confirmation survives under each setting:', () => {
  test.each<[change: Partial<typeof GOOD>, level: string, warnings: readonly RegExp[]]>([
    [{}, 'power', []],
    [{ synchronous_commit: 'local' }, 'power', []],
    [{ synchronous_commit: 'remote_write', standbys: 'a' }, 'power', []],
    [{ synchronous_commit: 'remote_apply', standbys: 'a' }, 'power', []],
    [{ synchronous_commit: 'off' }, 'none', [/^synchronous_commit is off: .* Set it to on\.$/]],
    [{ fsync: 'off' }, 'process', [/^fsync is off: .* Set it to on\.$/]],
    [{ full_page_writes: 'off' }, 'process', [/^full_page_writes is off: .* Set it to on\.$/]],
    [{ fsync: 'off', synchronous_commit: 'off' }, 'none', [/^synchronous_commit/, /^fsync/]],
    [{ unlogged: '1' }, 'none', [/unlogged: .* SET LOGGED\.$/]],
    [{ isolation: 'serializable' }, 'power', [/^default_transaction_isolation is serializable/]],
  ])('%o', (change, level, warnings) => {
    const durability = durabilityOf({ ...GOOD, ...change })
    expect(durability.level).toBe(level)
    expect(durability.warnings).toEqual(warnings.map((said) => expect.stringMatching(said)))
  })

  test('the sentence says it, and says whether a standby has it', () => {
    const sentence = (change: Partial<typeof GOOD>): string => durabilityOf({ ...GOOD, ...change }).sentence
    expect(sentence({})).toBe(
      'PostgreSQL keeps what is confirmed: it survives the end of any process, of the database and of its machine.',
    )
    expect(sentence({ standbys: 'a' })).toMatch(/machine\. A standby has it, too\.$/)
    expect(sentence({ standbys: 'a', synchronous_commit: 'local' })).not.toMatch(/standby/)
    expect(sentence({ fsync: 'off' })).toMatch(/survives the end of any process.* perhaps not of its machine/)
    expect(sentence({ synchronous_commit: 'off' })).toMatch(/perhaps not a crash of the database/)
  })
})

describePostgres('durability', ({ server, open, connect }) => {
  const devops = stream('devops')

  test('[PG31] the settings of the sessions count, and are looked at each time', async () => {
    const url = await server().createDatabase()
    const lax = open(`${url}&options=${encodeURIComponent('-c synchronous_commit=off')}`)
    expect(await lax.durability()).toMatchObject({
      level: 'none',
      warnings: [expect.stringMatching(/^synchronous_commit/)],
    })
    const store = open(url)
    expect(await store.durability()).toMatchObject({ level: 'power', warnings: [] })
    const db = await connect(url)
    await db.query('alter table carillon.items set unlogged')
    expect(await store.durability()).toMatchObject({
      level: 'none',
      warnings: [expect.stringMatching(/unlogged/)],
    })
    await db.query('alter table carillon.items set logged')
    await server().stop()
    await server().start({ fsync: 'off', full_page_writes: 'off' })
    expect(await open(url).durability()).toMatchObject({ level: 'process', warnings: { length: 2 } })
    await server().stop()
    await server().start({})
    expect(await open(url).durability()).toMatchObject({ level: 'power', warnings: [] })
  })

  test.each([
    ['power', {}],
    ['process', { fsync: 'off' }],
  ])(
    '[PG32] at level %s everything that was confirmed is there after a kill of the database',
    async (level, settings) => {
      await server().stop()
      await server().start(settings)
      const url = await server().createDatabase()
      const store = open(url)
      expect((await store.durability()).level).toBe(level)
      const cursor = (await store.heads([devops]))[0] ?? null
      const subscriber = { user: 'alice', device: null }
      await store.cursors([{ subscriber, stream: devops, start: cursor }])
      const confirmed: string[] = []
      const senders = [1, 2, 3].map(async () => {
        for (;;) {
          const outcomes = await store.append(entries(devops, 3))
          for (const it of outcomes) if (it.outcome === 'written') confirmed.push(it.id)
          if (outcomes.some(({ outcome }) => outcome !== 'written')) return
          if (confirmed.length >= 300) await server().kill()
        }
      })
      await Promise.all(senders)
      await server().start()
      const again = open(url)
      const { items } = await again.read(devops, ALL)
      const there = new Set(items.map(({ id }) => id))
      expect(confirmed.length).toBeGreaterThanOrEqual(300)
      expect(confirmed.filter((id) => !there.has(id))).toEqual([])
      expect(items.map(({ offset }) => offset)).toEqual(items.map((_, at) => at + 1))
      expect(await again.cursors([{ subscriber, stream: devops, start: null }])).toEqual([cursor])
      expect(await append(again, [entry(devops)])).toMatchObject([{ offset: items.length + 1 }])
    },
    // A killed PostgreSQL syncs all its files before it is there again.
    60_000,
  )
})
