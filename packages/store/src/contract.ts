import { appendRules } from './contract/append-rules.ts'
import { cursorRules } from './contract/cursor-rules.ts'
import { forgetRules } from './contract/forget-rules.ts'
import { keyRules } from './contract/key-rules.ts'
import { lifeRules } from './contract/life-rules.ts'
import { newsRules } from './contract/news-rules.ts'
import { readRules } from './contract/read-rules.ts'
import { timeRules } from './contract/time-rules.ts'
import { createTrial, type OpenedStore, type Rule, type StoreWish } from './contract/trial.ts'

export type { OpenedStore, StoreWish } from './contract/trial.ts'

/** What the suite needs of a test runner: `it` or `test` of vitest, node:test, Mocha, Jest and others. */
export type It = (title: string, run: () => Promise<void>) => unknown

/** Opens an empty store, or one whose data the scopes of other rules are allowed to share. */
export type OpenStore = (wish: StoreWish) => OpenedStore | Promise<OpenedStore>

export interface ContractOptions {
  /**
   * Milliseconds that a rule about time waits beyond the time it is about, when the store has no clock to move.
   *
   * @default 5_000
   */
  readonly maxWaitMs?: number
}

const MAX_WAIT_MS = 5_000

/** By their ids: a rule that came later has a later one, and stands in the file of its kind. */
const RULES: readonly Rule[] = [
  ...appendRules,
  ...readRules,
  ...timeRules,
  ...keyRules,
  ...cursorRules,
  ...lifeRules,
  ...forgetRules,
  ...newsRules,
].sort((a, b) => numberOf(a) - numberOf(b))

function numberOf({ id }: Rule): number {
  return Number(id.replace('ST', ''))
}

/** Every rule of the contract, for documents and reports. Ids are stable. */
export const STORE_RULES: readonly { readonly id: string; readonly title: string }[] = RULES.map(
  ({ id, title }) => ({ id, title }),
)

/**
 * Declares one test per rule that a store must pass. Each opens a store of its own and closes it.
 *
 * ```ts
 * import { test } from 'node:test'
 * import { storeContract } from '@carillon/store/contract'
 *
 * storeContract(test, () => ({ store: createMyStore() }))
 * ```
 */
export function storeContract(it: It, open: OpenStore, options: ContractOptions = {}): void {
  for (const rule of RULES) {
    it(`[${rule.id}] ${rule.title}`, async () => {
      const opened = await open(rule.wish ?? {})
      try {
        await rule.run(createTrial(opened, options.maxWaitMs ?? MAX_WAIT_MS))
      } finally {
        await (opened.close === undefined ? opened.store.close() : opened.close())
      }
    })
  }
}
