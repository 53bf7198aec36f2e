import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresClient, PostgresPool, Row } from './driver.ts'
import { closedError, isRolledBack } from './errors.ts'

/** A connection while a call has it. */
export interface Connection {
  /** With values it becomes a prepared statement; without, it may be several statements. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

/** The pool, and everything of it that must not reach the host. */
export interface Sessions {
  /** Runs a call of the store to its end, before or during `close`; after it, answers or throws `CLOSED`. */
  track<T>(call: () => Promise<T>, whenClosed?: (cause: Error) => T): Promise<T>
  /** Runs work on a connection. A connection that may be broken does not go back to the pool. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** A connection to keep. Whoever takes it minds its events and releases it. */
  take(): Promise<PostgresClient>
  /** Waits a while for what is under way, cuts what does not end, and lets nothing new begin. */
  close(): Promise<void>
}

/** How long `close` waits for calls that are under way. */
const GRACE_MS = 5_000
/**
 * Callers give up much earlier. A network that swallows packets would keep a connection busy for a quarter of an
 * hour, and soon all of them: after this it is cut, and another one is made.
 */
const ANSWER_LIMIT_MS = 60_000

export function createSessions(
  pool: PostgresPool,
  end: (() => Promise<void>) | undefined,
  answerLimitMs = ANSWER_LIMIT_MS,
): Sessions {
  const underWay = new Set<Promise<unknown>>()
  const waiting = new Set<(cause: Error) => void>()
  const busy = new Set<PostgresClient>()
  const nameOf = createNames()
  let isClosed = false
  let isCut = false
  // A connection that breaks while it is idle is an 'error' of the pool, which unheard ends the process.
  pool.on('error', ignore)

  function take(): Promise<PostgresClient> {
    if (isCut) return Promise.reject(closedError())
    return new Promise((resolve, reject) => {
      waiting.add(reject)
      // Whatever looks like a pool may throw where it should reject.
      Promise.resolve()
        .then(() => pool.connect())
        .then(
          (client) => {
            if (waiting.delete(reject)) resolve(client)
            else client.release()
          },
          (cause) => {
            waiting.delete(reject)
            reject(cause)
          },
        )
    })
  }

  async function use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const client = await take()
    busy.add(client)
    client.on('error', ignore)
    let isSound = true
    try {
      return await work(connectionOf(client, nameOf, answerLimitMs))
    } catch (cause) {
      isSound = isRolledBack(cause)
      throw cause
    } finally {
      client.removeListener('error', ignore)
      if (busy.delete(client)) client.release(!isSound)
    }
  }

  async function close(): Promise<void> {
    isClosed = true
    const patience = new AbortController()
    const grace = sleep(GRACE_MS, undefined, { ref: false, signal: patience.signal }).catch(ignore)
    await Promise.race([Promise.allSettled(underWay), grace])
    patience.abort()
    isCut = true
    for (const reject of waiting) reject(closedError())
    waiting.clear()
    for (const client of busy) client.release(true)
    busy.clear()
    // A pool that is ours keeps the listener: a connection may still break while it is being closed.
    if (end === undefined) pool.removeListener('error', ignore)
    await end?.()
  }

  let closing: Promise<void> | undefined
  return {
    take,
    use,
    async track(call, whenClosed) {
      if (isClosed) {
        const cause = closedError()
        if (whenClosed !== undefined) return whenClosed(cause)
        throw cause
      }
      const running = call()
      underWay.add(running)
      try {
        return await running
      } finally {
        underWay.delete(running)
      }
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

const ignore = (): void => undefined

/** Values stay as they came: an application may have set parsers of its own for a type. */
const RAW = { getTypeParser: () => (value: string) => value }

function connectionOf(
  client: PostgresClient,
  nameOf: (text: string) => string,
  answerLimitMs: number,
): Connection {
  return {
    async query(text, values) {
      // Without values it may be a migration, which takes the time that it takes.
      if (values === undefined) return (await client.query({ text, types: RAW })).rows
      const statement = { text, name: nameOf(text), values: [...values] }
      return (await client.query({ ...statement, types: RAW, query_timeout: answerLimitMs })).rows
    },
  }
}

/** Stores of several schemas may share a pool, so a prepared statement is named for what it says. */
function createNames(): (text: string) => string {
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined) return known
    const name = `carillon_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
    names.set(text, name)
    return name
  }
}

export function textOf(row: Row | undefined, column: string): string | null {
  return row?.[column] ?? null
}
