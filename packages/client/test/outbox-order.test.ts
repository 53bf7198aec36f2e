import { test } from 'vitest'
import { checkOutbox } from './outbox-world.ts'

test('[CL4] [G4] over cuts, refusals and time limits sends keep their order, are there once, and tell the truth', async () => {
  await checkOutbox(1_000)
}, 60_000)
