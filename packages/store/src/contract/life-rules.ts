import assert from 'node:assert/strict'
import { idsOf, offsetsOf, only, type Rule, range, times, user } from './trial.ts'

const alice = user('alice')

export const lifeRules: readonly Rule[] = [
  {
    id: 'ST34',
    title: 'a cleared stream starts again at 1, in an epoch that it never had',
    run: async ({ append, entry, fill, readAll, store, stream }) => {
      const [devops, orders] = [stream('devops'), stream('orders')]
      const kept = await fill(orders, 2)
      const epochs = new Set([(await readAll(devops)).epoch])
      for (const life of range(4)) {
        const written = await append(range(life).map((at) => entry(devops, { key: `k${at}` })))
        assert.deepEqual(
          written.map(({ offset, duplicate }) => ({ offset, duplicate })),
          range(life).map((offset) => ({ offset, duplicate: false })),
        )
        const cleared = await store.clear(devops)
        const { epoch, head, base, items } = await readAll(devops)
        assert.deepEqual({ ...cleared }, { epoch, offset: 0 })
        assert.deepEqual({ head, base, items }, { head: 0, base: 0, items: [] })
        assert.ok(!epochs.has(epoch), 'an epoch that it never had')
        epochs.add(epoch)
      }
      assert.deepEqual(idsOf((await readAll(orders)).items), kept)
    },
  },
  {
    id: 'ST35',
    title: 'a cursor of an epoch that is over is still told, until it is moved in the new one',
    run: async ({ append, cursors, entry, store, stream }) => {
      const devops = stream('devops')
      const { epoch, offset } = only(await append([entry(devops)]))
      await store.moveCursors([{ subscriber: alice, stream: devops, to: { epoch, offset } }])
      const cleared = await store.clear(devops)
      await store.cursors([{ subscriber: alice, stream: devops, start: cleared }])
      assert.deepEqual(await cursors(alice, [devops]), [{ epoch, offset }])
      await store.moveCursors([{ subscriber: alice, stream: devops, to: cleared }])
      assert.deepEqual(await cursors(alice, [devops]), [{ ...cleared }])
    },
  },
  {
    id: 'ST36',
    title: 'a forgotten user has no stream and no cursor left in the scope; nobody else loses any',
    run: async ({ append, cursors, entry, scope, store, stream }) => {
      const places = [
        stream('devops'),
        stream('alice'),
        stream('alice', 'user'),
        { ...stream('devops'), scope: `${scope}2` },
      ]
      const others = ['alic', 'alice2', 'alice:phone', 'ALICE'].map((name) => user(name))
      const devices = [alice, user('alice', 'phone'), user('alice', 'alice')]
      const elsewhere = { scope: `${scope}2`, kind: 'user', name: 'alice' } as const
      const heads = await append(places.map((place) => entry(place)))
      await append([entry(elsewhere)])
      const moves = [...devices, ...others].flatMap((subscriber) =>
        places.map((place, at) => ({ subscriber, stream: place, to: heads[at] ?? null })),
      )
      await store.moveCursors(moves)
      await store.forget(scope, 'alice')
      const known = async (name: typeof alice): Promise<boolean[]> =>
        (await cursors(name, places)).map((cursor) => cursor !== null)
      for (const device of devices) assert.deepEqual(await known(device), [false, false, false, true])
      for (const other of others)
        assert.deepEqual(
          (await known(other)).filter((_, at) => at !== 2),
          [true, true, true],
        )
      const [own, channel, away] = await store.heads([stream('alice', 'user'), stream('alice'), elsewhere])
      assert.deepEqual([own?.offset, channel?.offset, away?.offset], [0, 1, 1])
      assert.notEqual(own?.epoch, heads[2]?.epoch, 'the offsets that are used again are of another epoch')
    },
  },
  {
    id: 'ST37',
    title: 'closing twice is harmless',
    run: async ({ fill, store, stream }) => {
      await fill(stream('devops'), 1)
      await store.close()
      await store.close()
    },
  },
  {
    id: 'ST38',
    title: 'a store that is more durable than memory has everything when it is opened again',
    run: async ({ append, cursors, entry, readAll, reopened, store, stream }) => {
      if ((await store.durability()).level === 'none') return
      const devops = stream('devops')
      const entries = [entry(devops, { key: 'k' }), entry(devops), entry(devops)]
      const written = await append(entries)
      const to = { epoch: written[0]?.epoch ?? '', offset: 2 }
      await store.moveCursors([{ subscriber: alice, stream: devops, to }])
      const before = await readAll(devops)
      await store.close()
      await reopened(async (again) => {
        assert.deepEqual(await readAll(devops, again), before)
        assert.deepEqual(await cursors(alice, [devops], again), [to])
        const duplicate = only(await append([entry(devops, { key: 'k' })], again))
        assert.deepEqual({ ...duplicate }, { ...written[0], duplicate: true })
        assert.equal(only(await append([entry(devops)], again)).offset, 4)
      })
    },
  },
  {
    id: 'ST39',
    title: 'two at once on shared data are one store',
    run: async ({ append, cursors, entry, readAll, reopened, store, stream }) => {
      if (!store.shared) return
      const devops = stream('devops')
      await reopened(async (other) => {
        const stores = [store, other]
        const calls = times(60, (at) => append([entry(devops, { key: `k${at >> 1}` })], stores[at % 2]))
        const written = (await Promise.all(calls)).flat()
        const page = await readAll(devops)
        assert.deepEqual(offsetsOf(page.items), range(30))
        assert.deepEqual(await readAll(devops, other), page)
        assert.equal(written.filter((it) => it.duplicate).length, 30)
        const to = { epoch: page.epoch, offset: 7 }
        await other.moveCursors([{ subscriber: alice, stream: devops, to }])
        assert.deepEqual(await cursors(alice, [devops]), [to])
        const cleared = await other.clear(devops)
        assert.deepEqual({ ...only(await store.heads([devops])) }, { ...cleared })
      })
    },
  },
]
