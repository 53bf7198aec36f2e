/*
 * An application in a process of its own, that is killed or loads again. It reads one channel, sends what it is told
 * to, and keeps on disk what a page would keep in its storage.
 */
import { appendFileSync } from 'node:fs'
import { connectNotifications } from '@carillon/client'
import { channelStream } from '@carillon/protocol'
import type { Seen } from '../history.ts'
import { TENACIOUS } from '../stage/tenacity.ts'
import { fileStorage } from './file-storage.ts'

/** What the application is told when it starts. */
export interface ClientOrders {
  readonly url: string
  readonly user: string
  readonly channel: string
  /** Where its storage is. */
  readonly storage: string
  /** Where it writes what it was handed, a line each. */
  readonly book: string
  readonly outbox: 'memory' | 'storage'
}

/** What it may be told later: to send under these keys, or to go in good order. */
export type ClientErrand = { readonly send: readonly string[] } | 'reload'

/** What it tells. */
export type ClientNews = 'joined' | { readonly called: number } | { readonly confirmed: string }

const orders: ClientOrders = JSON.parse(process.env.CARILLON_CLIENT ?? '{}')
const { channel } = orders
const client = connectNotifications(orders.url, {
  ...TENACIOUS,
  transports: ['websocket'],
  auth: { user_id: orders.user },
  storage: fileStorage(orders.storage),
  outbox: orders.outbox,
  timeoutMs: 60_000,
})

const tell = (news: ClientNews): void => void process.send?.(news)
const write = (seen: Seen): void => appendFileSync(orders.book, `${JSON.stringify(seen)}\n`)

client.on('notification', ({ stream, id, epoch, offset, data }) => {
  if (stream === channelStream(channel)) write({ kind: 'item', id, epoch, offset, key: String(data?.key) })
})
client.on('reset', ({ stream, reason }) => {
  if (stream === channelStream(channel)) write({ kind: 'reset', reason })
})

async function join(): Promise<void> {
  await client.joinChannel(channel, { timeoutMs: 60_000 })
  tell('joined')
}

function send(key: string): void {
  const notification = { channel, title: key, message: 'm', data: { key }, idempotencyKey: key }
  client.sendNotification(notification).then(
    () => tell({ confirmed: key }),
    () => undefined,
  )
}

process.on('message', (errand: ClientErrand) => {
  // As a page goes: between two tasks, with whatever is under way, and without a word to the server.
  if (errand === 'reload') process.exit(0)
  for (const key of errand.send) send(key)
  tell({ called: errand.send.length })
})
process.on('disconnect', () => process.exit(0))
void join()
