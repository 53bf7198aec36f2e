import {
  type ChannelJoined,
  type ChannelLeft,
  type ClientEvent,
  type ConnectionConfirmed,
  type ErrorMessage,
  isPlainObject,
  type NotificationReceived,
  type NotificationsBatch,
  ServerEvent,
  type ServerPayload,
  type ServerStats,
  type StreamReset,
} from '@carillon/protocol'
import type { Socket } from 'socket.io-client'

/** What the connection tells the client. */
export interface LinkHooks {
  readonly onOpened: () => void
  /** @param isFinal nobody tries again by itself */
  readonly onLost: (reason: string, isFinal: boolean) => void
  /** An attempt failed, for whatever reason; what follows from it is said next. */
  readonly onFailed: (cause: Error) => void
  /** The server refused: nobody tries again by itself. */
  readonly onRefused: (cause: Error) => void
  readonly onExhausted: () => void
  /** Something begins that asks for the handshake soon. */
  readonly onAttempt: () => void
  readonly onTransportClosed: () => void
  readonly onConfirmed: (confirmed: ConnectionConfirmed) => void
  readonly onNotification: (notification: NotificationReceived) => void
  readonly onBatch: (batch: NotificationsBatch) => void
  readonly onReset: (reset: StreamReset) => void
  readonly onStats: (stats: ServerStats) => void
  readonly onJoined: (joined: ChannelJoined) => void
  readonly onLeft: (left: ChannelLeft) => void
  readonly onErrorMessage: (message: ErrorMessage) => void
  /** One of the hooks threw. */
  readonly onFault: (cause: unknown) => void
}

export interface Link {
  emit(event: ClientEvent, args: readonly unknown[], onAck?: (...answer: unknown[]) => void): void
  /** Takes every listener off. */
  release(): void
  /**
   * Calls `then` once everything that was emitted has been answered, or after a moment. Socket.IO's server drops
   * an event when the end of the connection comes right behind it.
   */
  whenAnswered(then: () => void): void
}

/** How long the end of a connection waits for last answers. */
const LINGER_MS = 500

type Release = () => void

/** Socket.IO's name for an end that the server wanted, and for one that this side wanted. */
const FINAL_REASONS: ReadonlySet<string> = new Set(['io server disconnect', 'io client disconnect'])

/** Listens to a socket and its manager. The one place that knows their events. */
export function createLink(socket: Socket, hooks: LinkHooks): Link {
  const { io: manager } = socket
  // With reconnection switched off the first failure is the last attempt.
  const isPersistent = (): boolean => manager.reconnection()
  let unanswered = 0
  /** Counts the connections: an acknowledgement of a broken one counts no more. */
  let connection = 0
  let onAnswered: () => void = () => undefined

  const releases: Release[] = [
    ...listenToServer(socket, hooks),
    onSocket('connect', () => hooks.onOpened()),
    onSocket('disconnect', (reason: string) => {
      const isFinal = FINAL_REASONS.has(reason)
      unanswered = 0
      connection += 1
      hooks.onLost(reason, isFinal)
      if (!isFinal && !isPersistent()) hooks.onExhausted()
    }),
    onSocket('connect_error', (cause: Error) => {
      hooks.onFailed(cause)
      // A middleware's refusal ends the socket; a transport that failed leaves it active.
      if (!socket.active) hooks.onRefused(cause)
      else if (!isPersistent()) hooks.onExhausted()
    }),
    onManager('reconnect_failed', () => hooks.onExhausted()),
    onManager('reconnect_attempt', () => hooks.onAttempt()),
    onManager('open', () => hooks.onAttempt()),
    onManager('close', () => hooks.onTransportClosed()),
  ]

  function onSocket<A extends unknown[]>(event: string, listener: (...args: A) => void): Release {
    const guarded = guard(listener, hooks)
    socket.on(event, guarded)
    return () => void socket.off(event, guarded)
  }
  function onManager(
    event: 'reconnect_failed' | 'reconnect_attempt' | 'open' | 'close',
    listener: () => void,
  ): Release {
    const guarded = guard(listener, hooks)
    manager.on(event, guarded)
    return () => void manager.off(event, guarded)
  }

  /**
   * Socket.IO keeps what is emitted while its heartbeat is found to be overdue, and sends it first thing on the next
   * connection: before what was called earlier, and before that connection is confirmed. The queue sends it in order.
   */
  function emitNow(event: string, args: readonly unknown[]): void {
    const { length } = socket.sendBuffer
    socket.emit(event, ...args)
    if (socket.sendBuffer.length > length) socket.sendBuffer.length = length
  }

  return {
    emit(event, args, onAck) {
      if (onAck === undefined) {
        emitNow(event, args)
        return
      }
      unanswered += 1
      const mine = connection
      const onAnswer = (...answer: unknown[]): void => {
        if (mine === connection) unanswered -= 1
        guard(onAck, hooks)(...answer)
        if (unanswered <= 0) onAnswered()
      }
      emitNow(event, [...args, onAnswer])
    },
    whenAnswered(then) {
      if (!socket.connected || unanswered <= 0) {
        then()
        return
      }
      const timer = setTimeout(then, LINGER_MS)
      onAnswered = () => {
        onAnswered = () => undefined
        clearTimeout(timer)
        then()
      }
    },
    release() {
      for (const release of releases.splice(0)) release()
    },
  }
}

function listenToServer(socket: Socket, hooks: LinkHooks): Release[] {
  /** Hands payloads on; their content is the server's word, their being objects is not taken on trust. */
  function on<E extends ServerEvent>(event: E, hook: (payload: ServerPayload<E>) => void): Release {
    const listener = guard((payload: ServerPayload<E>) => {
      if (isPlainObject(payload)) hook(payload)
    }, hooks)
    socket.on<string>(event, listener)
    return () => void socket.off<string>(event, listener)
  }
  return [
    on(ServerEvent.ConnectionConfirmed, hooks.onConfirmed),
    on(ServerEvent.NotificationReceived, hooks.onNotification),
    on(ServerEvent.NotificationsBatch, hooks.onBatch),
    on(ServerEvent.StreamReset, hooks.onReset),
    on(ServerEvent.ServerStats, hooks.onStats),
    on(ServerEvent.ChannelJoined, hooks.onJoined),
    on(ServerEvent.ChannelLeft, hooks.onLeft),
    on(ServerEvent.ErrorMessage, hooks.onErrorMessage),
  ]
}

/** A throw inside a listener of a socket would end a Node process. [G7] */
function guard<A extends unknown[]>(listener: (...args: A) => void, { onFault }: Pick<LinkHooks, 'onFault'>) {
  return (...args: A): void => {
    try {
      listener(...args)
    } catch (cause) {
      onFault(cause)
    }
  }
}
