import { redisStore } from '../../src/index.ts'
import { entryOf, STREAM } from '../entries.ts'

/*
 * Appends to one stream until it is killed or has appended so many, and says what was confirmed. Arguments: the
 * address, a name for its entries, how many at most, how many in one call.
 */
const [url = '', name = '', most = '', perCall = ''] = process.argv.slice(3)
const store = redisStore({ url })

for (let made = 0; made < Number(most); ) {
  const entries = Array.from({ length: Number(perCall) }, () => entryOf(STREAM, { id: `${name}-${++made}` }))
  for (const outcome of await store.append(entries)) {
    const confirmed = outcome.outcome === 'written' ? { id: outcome.id, offset: outcome.offset } : null
    process.send?.({ outcome: outcome.outcome, confirmed })
  }
}
await store.close()
process.disconnect?.()
