import { describe, expect, it } from 'vitest'
import {
  type OpenedStore,
  type OpenStore,
  STORE_RULES,
  type StoreWish,
  storeContract,
} from '../src/contract.ts'
import { createMemoryStore, type News, type NotificationStore, type StoreListener } from '../src/index.ts'
import { createNaiveStore } from './naive-store.ts'
import * as wrongForgetting from './wrong-forgetting.ts'
import * as wrongStores from './wrong-stores.ts'

/** Runs the contract under a runner that only takes notes. */
async function failedRules(open: OpenStore): Promise<string[]> {
  const cases: { readonly title: string; readonly run: () => Promise<void> }[] = []
  storeContract((title, run) => cases.push({ title, run }), open)
  const failed: string[] = []
  for (const { title, run } of cases) {
    await run().catch(() => failed.push(title.slice(1, title.indexOf(']'))))
  }
  expect(cases).toHaveLength(STORE_RULES.length)
  return failed
}

/** Keeps its data in an inner store that outlives the handles on it. */
function lasting(wish: StoreWish): OpenedStore {
  const inner = createMemoryStore(wish)
  const listeners = new Set<StoreListener>()
  const tell = (news: News): void => {
    for (const { onNews } of listeners) onNews(news)
  }
  const open = (): OpenedStore['store'] => ({
    ...inner,
    shared: true,
    durability: async () => ({ level: 'power', sentence: 'Kept.', warnings: [] }),
    async append(entries) {
      const outcomes = await inner.append(entries)
      for (const [at, { stream }] of entries.entries()) {
        const it = outcomes[at]
        if (it?.outcome === 'written') tell({ stream, epoch: it.epoch, head: it.offset, item: null })
      }
      return outcomes
    },
    async clear(stream) {
      const head = await inner.clear(stream)
      tell({ stream, epoch: head.epoch, head: 0, item: null })
      return head
    },
    listen(listener) {
      const own = { ...listener }
      listeners.add(own)
      own.onGap()
      return () => void listeners.delete(own)
    },
    close: async () => {},
  })
  return { store: open(), reopen: open, close: () => inner.close() }
}

describe('the contract accepts', () => {
  it('[SC1] a store that shares its data and keeps it, on the real clock', async () => {
    expect(await failedRules(lasting)).toEqual([])
  })

  it('[SC2] a store that was written in another way', async () => {
    const open = (wish: StoreWish): OpenedStore => {
      let time = 0
      const advance = (ms: number): void => {
        time += ms
      }
      return { store: createNaiveStore({ ...wish, now: () => time + 1 }), advance }
    }
    expect(await failedRules(open)).toEqual([])
  })

  it('[SC3] a store whose methods need their this', async () => {
    class Store implements NotificationStore {
      #inner = createMemoryStore()
      shared = this.#inner.shared
      inOrder = this.#inner.inOrder
      durability = this.#inner.durability
      append = this.#inner.append
      read = this.#inner.read
      heads = this.#inner.heads
      cursors = this.#inner.cursors
      moveCursors = this.#inner.moveCursors
      prune = this.#inner.prune
      clear = this.#inner.clear
      forget = this.#inner.forget
      close(): Promise<void> {
        return this.#inner.close()
      }
    }
    expect(await failedRules(() => ({ store: new Store() }))).toEqual([])
  })
})

describe('the contract refuses', () => {
  const stores = { ...wrongStores, ...wrongForgetting }
  const expected: Record<keyof typeof stores, readonly string[]> & Record<string, readonly string[]> = {
    racingOffsets: ['ST2'],
    overtakingCalls: ['ST45'],
    holesOfOthers: ['ST10'],
    prefixMatch: ['ST5'],
    sharedObjects: ['ST9'],
    silentTrim: ['ST18'],
    uncoveredHoles: ['ST19', 'ST20'],
    readsExpired: ['ST19'],
    lostKeys: ['ST21', 'ST22', 'ST24', 'ST25'],
    keysOfEverybody: ['ST23'],
    keysTooLate: ['ST24'],
    allOrNothing: ['ST25'],
    cursorsGoBack: ['ST27', 'ST44'],
    cursorsPassTheEnd: ['ST44'],
    movesToTheEnd: ['ST44'],
    startsNobodyBeyond: ['ST44'],
    startsEverybody: ['ST33', 'ST35', 'ST44'],
    startsNobody: ['ST33', 'ST44'],
    noDevices: ['ST29', 'ST30'],
    oneEpoch: ['ST34', 'ST36'],
    cursorsLostByClear: ['ST35'],
    forgetsTooMuch: ['ST36'],
    forgetsOneDevice: ['ST46', 'ST47'],
    forgetsNamedDevices: ['ST46', 'ST47'],
    forgetsOnNeighbours: ['ST46', 'ST47'],
    forgetsOnAnyKind: ['ST46'],
    forgetsOnAllStreams: ['ST46', 'ST47'],
    forgetsOthers: ['ST46', 'ST47'],
    forgetsInAnyCase: ['ST46', 'ST47'],
    forgetsByPattern: ['ST47'],
    forgetsAllInstead: ['ST46', 'ST47', 'ST48'],
    forgetsTheStream: ['ST46'],
    forgetsInAnyScope: ['ST48'],
    forgetsForNow: ['ST49'],
    losesAll: ['ST38', 'ST49'],
    sharesNothing: ['ST39', 'ST40', 'ST41', 'ST42', 'ST43', 'ST49'],
  }
  for (const [name, open] of Object.entries(stores)) {
    it(`[SC4] ${name}: exactly the rule that it breaks`, async () => {
      expect(await failedRules(open)).toEqual(expected[name])
    })
  }

  it('[SC5] a store that promises more than memory and does not say how to open it again', async () => {
    const { store } = lasting({})
    expect(await failedRules(() => ({ store }))).toEqual([
      'ST38',
      'ST39',
      'ST40',
      'ST41',
      'ST42',
      'ST43',
      'ST49',
    ])
  })
})

it('[SC6] rule ids are unique and in order', () => {
  expect(STORE_RULES.map((rule) => rule.id)).toEqual(STORE_RULES.map((_, at) => `ST${at + 1}`))
})
