import { it } from 'vitest'
import { storeContract } from '../src/contract.ts'
import { createMemoryStore } from '../src/index.ts'

storeContract(it, (wish) => {
  let time = Date.now()
  return {
    store: createMemoryStore({ ...wish, now: () => time }),
    advance: (ms) => {
      time += ms
    },
  }
})
