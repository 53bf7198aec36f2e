import { storeContract } from '@carillon/store/contract'
import { test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { describePostgres } from './kit.ts'

describePostgres('PostgreSQL keeps the contract', ({ server }) => {
  storeContract(test, (wish) => {
    // One database for all rules: their scopes keep them apart.
    const open = () => postgresStore({ connectionString: server().url, ...wish })
    return { store: open(), reopen: open }
  })
})
