import { createMemoryStore } from '@carillon/store'
import { expect, test } from 'vitest'
import { fillStore } from '../src/server/fill.ts'
import { CHANNEL, nthNotification } from '../src/work.ts'

const STREAM = { scope: '/', kind: 'channel', name: CHANNEL } as const

test('[BN7] the history holds as many notifications as were asked for, in the channel of the sends', async () => {
  const store = createMemoryStore({ maxItemsPerStream: 20_000 })
  await fillStore(store, 12_000)
  const { items, head } = await store.read(STREAM, { after: 11_998, limit: 10, maxBytes: 10_000 })
  expect(head).toBe(12_000)
  expect(items.map(({ content }) => content.title)).toEqual(
    [11_998, 11_999].map((n) => nthNotification(n).title),
  )
})

test('[BN7] a store that does not take everything is found', async () => {
  const store = createMemoryStore()
  const refusing = { ...store, append: async () => [{ outcome: 'refused', cause: 'full' } as const] }
  await expect(fillStore(refusing, 10)).rejects.toThrow('was not written')
  const forgetful = { ...store, heads: async () => [{ epoch: 'e', offset: 9 }] }
  await expect(fillStore(forgetful, 10)).rejects.toThrow('holds 9 notifications, not 10')
})
