import assert from 'node:assert/strict'
import { idsOf, only, type Rule, times, writtenOf } from './trial.ts'

export const keyRules: readonly Rule[] = [
  {
    id: 'ST21',
    title: 'a key that is used again writes nothing and gives the facts of the first time',
    run: async ({ append, entry, readAll, stream }) => {
      const devops = stream('devops')
      const first = only(await append([entry(devops, { key: 'k' })]))
      await append([entry(devops)])
      const again = only(await append([entry(devops, { key: 'k' })]))
      assert.deepEqual({ ...again }, { ...first, duplicate: true })
      assert.equal((await readAll(devops)).head, 2)
    },
  },
  {
    id: 'ST22',
    title: 'a key that is used again for something else is a conflict and writes nothing',
    run: async ({ append, entry, readAll, store, stream }) => {
      const devops = stream('devops')
      const first = entry(devops, { key: 'k', hash: 'one' })
      await append([first])
      const outcome = only(await store.append([entry(devops, { key: 'k', hash: 'two' })]))
      assert.equal(outcome.outcome, 'conflict')
      assert.deepEqual(idsOf((await readAll(devops)).items), [first.id])
    },
  },
  {
    id: 'ST23',
    title: 'keys of different senders and streams never meet',
    run: async ({ append, entry, stream }) => {
      const pairs = [
        { sender: 'a', key: 'b' },
        { sender: 'b', key: 'b' },
        { sender: 'a:b', key: 'c' },
        { sender: 'a', key: 'b:c' },
        { sender: '', key: 'ab' },
        { sender: 'ab', key: '' },
        { sender: '1', key: '1:1' },
        { sender: '1:1', key: '1' },
        { sender: '__proto__', key: 'constructor' },
        { sender: 'a', key: '__proto__' },
      ]
      const streams = [stream('devops'), stream('orders'), stream('devops', 'user')]
      const entries = streams.flatMap((one) =>
        pairs.map((pair) => entry(one, { ...pair, hash: pair.sender })),
      )
      const written = await append(entries)
      assert.deepEqual(
        written.filter((it) => it.duplicate),
        [],
      )
    },
  },
  {
    id: 'ST24',
    title: 'a key that is used many times at once makes one item',
    run: async ({ append, entry, readAll, stream }) => {
      const devops = stream('devops')
      const calls = times(50, () => [entry(devops, { key: 'k' }), entry(devops, { key: 'k' })])
      const written = (await Promise.all(calls.map((entries) => append(entries)))).flat()
      const item = only((await readAll(devops)).items)
      assert.deepEqual(
        written.filter((it) => it.id !== item.id || it.offset !== 1 || it.timestamp !== item.timestamp),
        [],
      )
      assert.equal(written.filter((it) => !it.duplicate).length, 1)
    },
  },
  {
    id: 'ST25',
    title: 'an entry that is not written harms none of its neighbours',
    run: async ({ append, entry, readAll, store, stream }) => {
      const devops = stream('devops')
      const first = entry(devops, { key: 'k', hash: 'one' })
      await append([first])
      const [before, after] = [entry(devops), entry(devops)]
      const outcomes = await store.append([before, entry(devops, { key: 'k', hash: 'two' }), after])
      assert.deepEqual(
        outcomes.map((it) => it.outcome),
        ['written', 'conflict', 'written'],
      )
      assert.deepEqual(
        writtenOf(outcomes.filter((it) => it.outcome === 'written')).map((it) => it.offset),
        [2, 3],
      )
      assert.deepEqual(idsOf((await readAll(devops)).items), [first.id, before.id, after.id])
    },
  },
]
