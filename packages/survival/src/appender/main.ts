import { openStore } from '../store-place.ts'
import { brokenStore } from './broken-store.ts'
import { flood } from './flood.ts'
import type { Orders } from './orders.ts'
import { servePaces } from './paces.ts'

/** The process that appends. */
const { place, task, breaks }: Orders = JSON.parse(process.env.CARILLON_APPENDER ?? '{}')

// Nothing may be trimmed away of what will be looked for.
const retention = task.kind === 'flood' ? { maxItemsPerStream: 10_000_000 } : {}
const opened = openStore(place, retention)
const store = breaks === undefined ? opened : brokenStore(opened, breaks)
if (task.kind === 'flood') await flood(store, task.perCall)
else servePaces(store)
