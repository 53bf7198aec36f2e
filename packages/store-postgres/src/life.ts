import type { Head, StreamKey } from '@carillon/store'
import type { Database } from './database.ts'
import { checkStream } from './entries.ts'
import type { Pruner } from './prune.ts'

export interface Life {
  clear(stream: StreamKey): Promise<Head>
  forget(scope: string, user: string, stream?: StreamKey): Promise<void>
}

export function createLife(database: Database, { bury }: Pick<Pruner, 'bury'>): Life {
  const { channel, schema } = database
  const clearText = `select ${schema}.clear_1($1, $2, $3, $4, $5)`
  const forgetText = `select ${schema}.forget_1($1, $2, $3)`
  // In the order in which everybody locks cursors.
  const forgetOnText = `with lost as (
    select c.stream, c.subscriber, c.device from ${schema}.streams s
    join ${schema}.cursors c on c.stream = s.id and c.subscriber = $4
    where s.scope = $1 and s.kind = $2 and s.name = $3
    order by c.stream, c.subscriber, c.device for update of c
  )
  delete from ${schema}.cursors c using lost
    where c.stream = lost.stream and c.subscriber = lost.subscriber and c.device = lost.device`

  async function forgetOn(scope: string, user: string, stream: StreamKey): Promise<void> {
    checkStream(stream)
    if (stream.scope !== scope) return
    const values = [scope, stream.kind, stream.name, user]
    await database.use((connection) => connection.query(forgetOnText, values))
  }

  return {
    async clear(stream) {
      checkStream(stream)
      const { scope, kind, name } = stream
      const epoch = crypto.randomUUID()
      const values = [scope, kind, name, epoch, channel]
      await database.use((connection) => connection.query(clearText, values))
      // From here on it is cleared. What is left of it nobody reads; a prune takes it if this fails.
      await bury().catch(() => undefined)
      return { epoch, offset: 0 }
    },

    async forget(scope, user, stream) {
      checkStream({ scope, kind: 'user', name: user })
      if (stream !== undefined) return forgetOn(scope, user, stream)
      await database.use((connection) => connection.query(forgetText, [scope, user, channel]))
      // Whoever asks to be forgotten is told so only when it is all gone.
      await bury()
    },
  }
}
