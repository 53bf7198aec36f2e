import type { Head, StreamKey } from '@carillon/store'
import type { Batch } from './batch.ts'

/** Starts a new life of a stream. Its items are out of sight at once, and are deleted by the sweep. */
export function clear(batch: Batch, stream: StreamKey): Head {
  const row = batch.open(stream)
  batch.endLife(row)
  row.log = batch.take()
  row.epoch = crypto.randomUUID()
  row.head = 0
  row.base = 0
  row.touched = batch.now
  row.cleared = batch.take()
  batch.noteLife(row)
  return { epoch: row.epoch, offset: 0 }
}

/** Leaves nothing of a user in a scope, not even that there was one. */
export function forgetUser(batch: Batch, { scope, user }: { scope: string; user: string }): void {
  batch.tables.cursors.removeAll(user, scope)
  const row = batch.find({ scope, kind: 'user', name: user })
  if (row === undefined) return
  batch.endLife(row)
  batch.drop(row)
  // No row is left that could tell it to who listens.
  batch.noteGone(batch.take())
}
