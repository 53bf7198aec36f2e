import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { attachNotifications } from '@carillon/server'
import { createMemoryStore, type NotificationStore } from '@carillon/store'
import { sqliteStore } from '@carillon/store-sqlite'
import { MANY, SENDER } from '../work.ts'
import { fillStore } from './fill.ts'
import { serveSubject } from './serve.ts'

const { values } = parseArgs({
  options: {
    /** `memory` or `sqlite`; without it Carillon makes the store that it makes by default. */
    store: { type: 'string' },
    /** Where the database lies. */
    folder: { type: 'string', default: '.' },
    /** The store keeps everything, however much that is. */
    endless: { type: 'boolean', default: false },
  },
})

/** What is measured is more than a person would do. It is counted all the same, for that is part of the cost. */
const rates = { requestsPerSocket: MANY, sendsPerSocket: MANY, joinsPerSocket: MANY }

serveSubject((io) => {
  const store = values.store === undefined ? undefined : openStore(values.store)
  const notifications = attachNotifications(io, store === undefined ? { rates } : { store, rates })
  return {
    io,
    send: (notification) => notifications.send({ ...notification, sender: SENDER }),
    async fill(items) {
      if (store === undefined) throw new Error('to be filled, a store must be named')
      await fillStore(store, items)
    },
  }
})

function openStore(kind: string): NotificationStore {
  const kept = values.endless ? { maxItemsPerStream: MANY } : {}
  if (kind === 'sqlite') return sqliteStore(join(values.folder, 'notifications.db'), kept)
  if (kind === 'memory') return createMemoryStore(values.endless ? { ...kept, maxBytes: MANY } : kept)
  throw new Error(`--store: memory or sqlite, not "${kind}"`)
}
