import assert from 'node:assert/strict'
import { idsOf, offsetsOf, only, ROOMY, type Rule, range } from './trial.ts'

export const readRules: readonly Rule[] = [
  {
    id: 'ST11',
    title: 'a read after an offset gives the next items in order, up to its limit',
    run: async ({ fill, store, stream }) => {
      const devops = stream('devops')
      const ids = await fill(devops, 10)
      const page = await store.read(devops, { after: 3, limit: 4, maxBytes: ROOMY.maxBytes })
      assert.deepEqual(offsetsOf(page.items), range(7, 4))
      assert.deepEqual(idsOf(page.items), ids.slice(3, 7))
      assert.deepEqual(
        { head: page.head, base: page.base, coveredTo: page.coveredTo },
        { head: 10, base: 0, coveredTo: 7 },
      )
    },
  },
  {
    id: 'ST12',
    title: 'a read before an offset gives the nearest items below it, in growing order',
    run: async ({ fill, store, stream }) => {
      const devops = stream('devops')
      await fill(devops, 10)
      const page = await store.read(devops, { before: 8, limit: 4, maxBytes: ROOMY.maxBytes })
      assert.deepEqual(offsetsOf(page.items), range(7, 4))
      assert.equal(page.coveredTo, 4)
      const rest = await store.read(devops, { before: page.coveredTo, ...ROOMY })
      assert.deepEqual(offsetsOf(rest.items), range(3))
      assert.ok(rest.coveredTo <= 1, 'the beginning of the log is covered')
      const newest = await store.read(devops, { before: 11, limit: 2, maxBytes: ROOMY.maxBytes })
      assert.deepEqual(offsetsOf(newest.items), range(10, 9))
      const far = await store.read(devops, {
        before: Number.MAX_SAFE_INTEGER,
        limit: 2,
        maxBytes: ROOMY.maxBytes,
      })
      assert.deepEqual(offsetsOf(far.items), range(10, 9))
    },
  },
  {
    id: 'ST13',
    title: 'a page keeps to about its bytes, but gives at least one item',
    run: async ({ fill, store, stream }) => {
      const devops = stream('devops')
      await fill(devops, 10, { bytes: 1_000 })
      const page = await store.read(devops, { after: 0, limit: 10, maxBytes: 3_500 })
      assert.ok(page.items.length >= 1 && page.items.length <= 4, `1 to 4 items, got ${page.items.length}`)
      assert.deepEqual(offsetsOf(page.items), range(page.coveredTo))
      const narrow = await store.read(devops, { after: 4, limit: 10, maxBytes: 1 })
      assert.deepEqual(offsetsOf(narrow.items), [5])
      assert.equal(narrow.coveredTo, 5)
      const back = await store.read(devops, { before: 5, limit: 10, maxBytes: 1 })
      assert.deepEqual(offsetsOf(back.items), [4])
      assert.equal(back.coveredTo, 4)
    },
  },
  {
    id: 'ST14',
    title: 'page after page from where the last one ended gives each item once, up to the head',
    run: async ({ fill, store, stream }) => {
      const devops = stream('devops')
      const ids = await fill(devops, 23)
      const seen: string[] = []
      let page = await store.read(devops, { after: 0, limit: 5, maxBytes: ROOMY.maxBytes })
      for (let pages = 1; page.items.length > 0; pages++) {
        assert.ok(pages <= ids.length, 'the pages end')
        seen.push(...idsOf(page.items))
        page = await store.read(devops, { after: page.coveredTo, limit: 5, maxBytes: ROOMY.maxBytes })
      }
      assert.deepEqual(seen, ids)
      assert.equal(page.coveredTo, 23)
    },
  },
  {
    id: 'ST15',
    title: 'a page tells the id of the item that it goes on from',
    run: async ({ fill, store, stream }) => {
      const devops = stream('devops')
      const ids = await fill(devops, 3)
      const idAt = async (after: number): Promise<string | null> =>
        (await store.read(devops, { after, limit: 1, maxBytes: ROOMY.maxBytes })).idAt
      assert.deepEqual(
        [await idAt(0), await idAt(1), await idAt(3), await idAt(4)],
        [null, ids[0], ids[2], null],
      )
    },
  },
  {
    id: 'ST16',
    title: 'a read at the head or above it is empty and takes nobody back',
    run: async ({ fill, store, stream }) => {
      const devops = stream('devops')
      await fill(devops, 3)
      for (const after of [3, 4, 1_000_000]) {
        const page = await store.read(devops, { after, ...ROOMY })
        assert.deepEqual(page.items, [])
        assert.deepEqual({ head: page.head, coveredTo: page.coveredTo }, { head: 3, coveredTo: after })
      }
    },
  },
  {
    id: 'ST17',
    title: 'a stream that nothing was appended to is empty, in the epoch that its first item will have',
    run: async ({ append, entry, readAll, store, stream }) => {
      const devops = stream('devops')
      const before = await readAll(devops)
      assert.ok(before.epoch.length > 0, 'an epoch')
      const { head, base, coveredTo, idAt } = before
      assert.deepEqual({ head, base, coveredTo, idAt }, { head: 0, base: 0, coveredTo: 0, idAt: null })
      assert.deepEqual(before.items, [])
      assert.deepEqual({ ...only(await store.heads([devops])) }, { epoch: before.epoch, offset: 0 })
      await append([entry(stream('orders'))])
      const written = only(await append([entry(devops)]))
      assert.deepEqual({ epoch: written.epoch, offset: written.offset }, { epoch: before.epoch, offset: 1 })
    },
  },
  {
    id: 'ST18',
    title: 'what retention takes away is at or below the base, and nothing else is missing',
    wish: { maxItemsPerStream: 10 },
    run: async ({ fill, readAll, store, stream }) => {
      const devops = stream('devops')
      await fill(devops, 25)
      await store.prune()
      const page = await readAll(devops)
      assert.ok(page.items.length > 0, 'the newest items are kept')
      assert.deepEqual(offsetsOf(page.items), range(25, page.base + 1))
      assert.deepEqual({ head: page.head, coveredTo: page.coveredTo }, { head: 25, coveredTo: 25 })
      const back = await store.read(devops, { before: 26, ...ROOMY })
      assert.deepEqual(offsetsOf(back.items), range(25, back.base + 1))
      assert.ok(back.coveredTo <= back.base + 1, 'what is gone for good is covered')
    },
  },
]
