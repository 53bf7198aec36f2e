import type { ConnectionStatus } from './status.ts'

/** What is known of the connection when the patience of a call ends. */
export interface ConnectionFacts {
  readonly status: ConnectionStatus
  /** The socket is connected to a server, whatever that may be. */
  readonly isOpen: boolean
  /** The server has confirmed this connection: Carillon is there. */
  readonly isConfirmed: boolean
  readonly address: string
  /** Why the connection failed last; `null` while nothing has. */
  readonly trouble: Trouble | null
}

export interface Trouble {
  readonly text: string
  readonly cause?: unknown
}

/** Why a call had no answer in time. */
export function silenceOf(facts: ConnectionFacts, timeoutMs: number): Trouble {
  const { status, isOpen, isConfirmed, address, trouble } = facts
  if (isOpen) {
    const hint = isConfirmed ? '' : "; is Carillon attached to the server's namespace?"
    return { text: `no answer within ${timeoutMs} ms${hint}` }
  }
  const why = trouble === null ? status : `${status}: ${trouble.text}`
  return { ...trouble, text: `not connected to ${address} after ${timeoutMs} ms (${why})` }
}

/** What socket.io-client says of an attempt that failed. Its transports put the status of HTTP beside it. */
export function troubleOf(cause: Error): Trouble {
  const status = 'description' in cause ? cause.description : undefined
  const isHttp = typeof status === 'number' && status >= 400
  return { text: isHttp ? `${cause.message}, HTTP ${status}` : cause.message, cause }
}

/** An address as a message may show it: whole, but without password and query. */
export function addressOf(url: string, origin: string | undefined): string {
  const shown = url.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//')
  return origin !== undefined && /^\/(?!\/)/.test(shown) ? origin + shown : shown
}
