import assert from 'node:assert/strict'
import { idsOf, offsetsOf, ROOMY, type Rule } from './trial.ts'

const TTL_MS = 40
const LONG_MS = 3_600_000

export const timeRules: readonly Rule[] = [
  {
    id: 'ST19',
    title: 'an expired item is not read any more, and a page passes over it',
    run: async ({ append, entry, passes, readAll, store, stream }) => {
      const devops = stream('devops')
      const ttls = [TTL_MS, null, TTL_MS, LONG_MS, TTL_MS]
      const entries = ttls.map((ttlMs) => entry(devops, { ttlMs }))
      await append(entries)
      const left = [entries[1]?.id, entries[3]?.id]
      const only = async (): Promise<boolean> => (await readAll(devops)).items.length <= left.length
      await passes(TTL_MS, only, 'expired items are not read')
      const page = await readAll(devops)
      assert.deepEqual(idsOf(page.items), left)
      assert.deepEqual({ head: page.head, coveredTo: page.coveredTo }, { head: 5, coveredTo: 5 })
      const tail = await store.read(devops, { after: 4, ...ROOMY })
      assert.deepEqual({ items: tail.items, coveredTo: tail.coveredTo }, { items: [], coveredTo: 5 })
      const back = await store.read(devops, { before: 6, ...ROOMY })
      assert.deepEqual(offsetsOf(back.items), [2, 4])
    },
  },
  {
    id: 'ST20',
    title: 'a prune takes what expired, nothing else, and calls none of it trimmed',
    run: async ({ append, entry, passes, readAll, store, stream }) => {
      const devops = stream('devops')
      const ttls = [TTL_MS, TTL_MS, null, TTL_MS, LONG_MS, TTL_MS]
      await append(ttls.map((ttlMs) => entry(devops, { ttlMs })))
      const pruned = async (): Promise<boolean> => {
        const dropped = await store.prune()
        assert.ok(Number.isSafeInteger(dropped) && dropped >= 0, `a number of items, got ${dropped}`)
        return (await readAll(devops)).items.length <= 2
      }
      await passes(TTL_MS, pruned, 'a prune drops expired items')
      await store.prune()
      const { items, head, base, coveredTo } = await readAll(devops)
      assert.deepEqual(offsetsOf(items), [3, 5])
      assert.deepEqual({ head, base, coveredTo }, { head: 6, base: 0, coveredTo: 6 })
      const [next] = await append([entry(devops)])
      assert.equal(next?.offset, 7)
    },
  },
]
