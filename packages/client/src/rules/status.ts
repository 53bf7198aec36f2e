/**
 * How the connection is: `connected` once the server has confirmed it, `reconnecting` while it is tried again without
 * anybody's doing, `suspended` when nothing happens until somebody calls `connect()` (or, after attempts that
 * were used up, until the browser is back online or visible), `closed` for good.
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'suspended' | 'closed'

export type StatusEvent =
  /** The socket is connected; the server has not confirmed yet. */
  | 'opened'
  | 'confirmed'
  /** The connection broke and Socket.IO tries again, or the server ended it for now and we do. */
  | 'dropped'
  /** The server ended it for good, or the owner of the socket did: nobody tries again. */
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
