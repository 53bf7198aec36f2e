import type { Head, StreamKey } from '@carillon/store'
import type { Database } from './database.ts'
import { checkStream } from './entries.ts'
import type { Pruner } from './prune.ts'

export interface Life {
  clear(stream: StreamKey): Promise<Head>
  forget(scope: string, user: string): Promise<void>
}

export function createLife(database: Database, { bury }: Pick<Pruner, 'bury'>): Life {
  const { channel, schema } = database
  const clearText = `select ${schema}.clear_1($1, $2, $3, $4, $5)`
  const forgetText = `select ${schema}.forget_1($1, $2, $3)`
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

    async forget(scope, user) {
      checkStream({ scope, kind: 'user', name: user })
      await database.use((connection) => connection.query(forgetText, [scope, user, channel]))
      // Whoever asks to be forgotten is told so only when it is all gone.
      await bury()
    },
  }
}
