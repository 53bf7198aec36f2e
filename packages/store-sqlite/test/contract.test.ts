import { storeContract } from '@carillon/store/contract'
import { test } from 'vitest'
import { openStore, temporaryFile } from './open.ts'

storeContract(test, (wish) => {
  const { file } = temporaryFile()
  const open = () => openStore(file, { ...wish, pollMs: 5 })
  return { store: open(), reopen: open }
})
