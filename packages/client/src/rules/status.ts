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

const CLOSED = {
  opened: 'closed',
  confirmed: 'closed',
  dropped: 'closed',
  ended: 'closed',
  exhausted: 'closed',
  asked: 'closed',
  closed: 'closed',
} as const

const TABLE: Readonly<Record<ConnectionStatus, Readonly<Record<StatusEvent, ConnectionStatus>>>> = {
  connecting: {
    opened: 'connecting',
    confirmed: 'connected',
    dropped: 'connecting',
    ended: 'suspended',
    exhausted: 'suspended',
    asked: 'connecting',
    closed: 'closed',
  },
  connected: {
    opened: 'connected',
    confirmed: 'connected',
    dropped: 'reconnecting',
    ended: 'suspended',
    exhausted: 'suspended',
    asked: 'connected',
    closed: 'closed',
  },
  reconnecting: {
    opened: 'reconnecting',
    confirmed: 'connected',
    dropped: 'reconnecting',
    ended: 'suspended',
    exhausted: 'suspended',
    asked: 'reconnecting',
    closed: 'closed',
  },
  suspended: {
    opened: 'connecting',
    confirmed: 'connected',
    dropped: 'suspended',
    ended: 'suspended',
    exhausted: 'suspended',
    asked: 'connecting',
    closed: 'closed',
  },
  closed: CLOSED,
}

export function nextStatus(status: ConnectionStatus, event: StatusEvent): ConnectionStatus {
  return TABLE[status][event]
}
