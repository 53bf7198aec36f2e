import pg from 'pg'

/** What this package asks of a query; `pg` knows more. */
export interface PostgresQuery {
  readonly text: string
  readonly name?: string
  readonly values?: unknown[]
  /** Milliseconds after which the driver gives up waiting for the answer. */
  readonly query_timeout?: number
  readonly types?: { getTypeParser(): (value: string) => string }
}

/** A row as it came over the network: text, whatever type parsers an application has set. */
export type Row = Readonly<Record<string, string | null>>

export interface PostgresNotification {
  readonly channel: string
  readonly payload?: string | undefined
}

/** What this package asks of a connection of a pool. A `PoolClient` of `pg` has it. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<{ readonly rows: Row[] }>
  /** With `true` the connection is closed and not used again. */
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  on(event: 'notification', listener: (notification: PostgresNotification) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'end', listener: () => void): unknown
  removeListener(event: 'notification', listener: (notification: PostgresNotification) => void): unknown
}

/** What this package asks of a pool that it is handed. A `Pool` of `pg` has it. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  /** Read once, to refuse a pool that is too small. */
  readonly options?: { readonly max?: number | undefined }
}

/** A pool that we made ourselves and therefore end. */
export interface OwnPool extends PostgresPool {
  end(): Promise<void>
}

/** Longer than a database needs to come back; what waits for a connection must not pile up for ever. */
const CONNECT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 10_000

/** @param max connections for queries; the one that listens comes on top */
export function createPool(connectionString: string, max: number): OwnPool {
  return new pg.Pool({
    connectionString,
    max: max + 1,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    fallback_application_name: 'carillon',
  })
}

/** Whether the driver can make sense of it. It says so only when it connects. */
export function isConnectionString(text: string): boolean {
  try {
    new pg.Client({ connectionString: text })
    return true
  } catch {
    return false
  }
}
