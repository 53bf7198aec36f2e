// Plays another process on the same file: says `ready`, then does what it was started for, a JSON line per fact.
import { writeSync } from 'node:fs'

const [lib, file, task, options = '{}'] = process.argv.slice(2)
const { sqliteStore } = await import(lib)
const given = JSON.parse(options)

const stream = { scope: '/', kind: 'channel', name: 'devops' }
const content = { type: 'info', title: 'Title', message: 'Message', data: null, sender: 'A' }
// Past the buffers of Node: what was told must be told although the process is killed the moment after.
const say = (fact) => writeSync(1, `${JSON.stringify(fact)}\n`)
const entryOf = (key) => ({
  stream,
  id: `n_${key}`,
  content,
  bytes: 100,
  ttlMs: null,
  sender: 'alice',
  key,
  hash: 'h',
})

async function append(store, keys) {
  const outcomes = await store.append(keys.map(entryOf))
  for (const [at, outcome] of outcomes.entries()) {
    say({ key: keys[at], ...outcome, cause: outcome.cause && String(outcome.cause) })
  }
}

const tasks = {
  /** Appends until it is killed, several calls at a time. Begins with keys whose outcome nobody knows. */
  async flood() {
    const store = sqliteStore(file)
    await append(store, given.again)
    let made = 0
    const feed = async () => {
      for (;;) await append(store, [`${given.run}-${made++}`, `${given.run}-${made++}`])
    }
    await Promise.all(Array.from({ length: 8 }, feed))
  },
  /** So many appends, four at a time. */
  async race() {
    const store = sqliteStore(file, { busyTimeoutMs: 20_000 })
    const feed = async (from) => {
      for (let at = from; at < given.count; at += 4) await append(store, [`${given.run}-${at}`])
    }
    await Promise.all([0, 1, 2, 3].map(feed))
    await store.close()
  },
  /** Leaves the store open and has nothing to do any more. */
  async leave() {
    const store = sqliteStore(file)
    store.listen({ onNews: () => undefined, onGap: () => say({ gap: true }) })
    await append(store, ['a'])
    await store.read(stream, { after: 0, limit: 10, maxBytes: 1_000 })
    say({ left: true })
  },
  /** Opens the store and never uses it. */
  async idle() {
    sqliteStore(file)
  },
  /** Ends while an append is under way, and does not wait for it. */
  async hurry() {
    const store = sqliteStore(file)
    void append(store, ['a'])
  },
}

say({ ready: true })
await tasks[task]()
