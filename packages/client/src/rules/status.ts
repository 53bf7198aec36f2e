/**
 * How the connection is: `connected` once the server has confirmed it, `reconnecting` while Socket.IO tries
 * again by itself, `suspended` when nothing happens until somebody calls `connect()` (or, after attempts that
 * were used up, until the browser is back online or visible), `closed` for good.
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'suspended' | 'closed'

export type StatusEvent =
  /** The socket is connected; the server has not confirmed yet. */
  | 'opened'
  | 'confirmed'
  /** The connection broke and Socket.IO tries again. */
  | 'dropped'
  /** The server or the owner of the socket ended it: nobody tries again. */
  | 'ended'
  /** The attempts are used up. */
  | 'exhausted'
  /** `connect()` was called. */
  | 'asked'
  | 'closed'

/** Where an event leads: from everywhere to one status, or from some to others, while the rest stay. */
type Next = ConnectionStatus | { readonly [S in ConnectionStatus]?: ConnectionStatus }

const TABLE: Readonly<Record<StatusEvent, Next>> = {
  opened: { suspended: 'connecting' },
  confirmed: 'connected',
  dropped: { connected: 'reconnecting' },
  ended: 'suspended',
  exhausted: 'suspended',
  asked: { suspended: 'connecting' },
  closed: 'closed',
}

export function nextStatus(status: ConnectionStatus, event: StatusEvent): ConnectionStatus {
  if (status === 'closed') return status
  const next = TABLE[event]
  return typeof next === 'string' ? next : (next[status] ?? status)
}
