import { createHash, randomBytes } from 'node:crypto'
import { ClientEvent, parseHandshake } from '@carillon/protocol'
import type { NotificationStore } from '@carillon/store'
import type { Namespace, Socket } from 'socket.io'
import { connect, createSession } from '../flows/connect.ts'
import type { Settings } from '../flows/core.ts'
import { type Core, createCore, reportFault } from '../flows/core.ts'
import { disconnect, heartbeat, placesOf } from '../flows/disconnect.ts'
import type { Announce, Hooks } from '../flows/ports.ts'
import { onRequest } from '../flows/requests.ts'
import type { Session } from '../flows/session.ts'
import { createNotificationIds } from '../rules/notification-id.ts'
import { createAway } from './away.ts'
import { systemClock } from './clock.ts'
import { createHeartbeats } from './heartbeats.ts'
import { createListeners } from './listeners.ts'
import { createSocketWire, isRecovering, type Place, privateRoomOf } from './wire.ts'

/** What the attachments of one call share. */
export interface Shared {
  readonly store: NotificationStore
  readonly hooks: Hooks
  readonly announce: Announce
  readonly settings: Settings
}

/** Carillon on one namespace. */
export interface Attachment {
  readonly core: Core
  serve(socket: Socket): void
  isServing(): boolean
  /** Finishes what is under way, then leaves no trace. Twice is harmless. [G9] */
  stop(): Promise<void>
}

/** One count for all attachments of this process: their ids never meet. */
const newId = createNotificationIds(randomBytes(6).toString('base64url'))

const fingerprint = (text: string): string => createHash('sha256').update(text).digest('base64url')

/**
 * @param nsp the namespace, or `null` for a dynamic one that nobody has connected to
 * @param onEmpty called when the last socket is gone
 */
export function createAttachment(
  shared: Shared,
  scope: string,
  nsp: Namespace | null,
  onEmpty: () => void,
): Attachment {
  const place: Place = { nsp }
  const sessions = new Map<Socket, Session>()
  const heartbeats = createHeartbeats((socket) => {
    const session = sessions.get(socket)
    if (session !== undefined) heartbeat(core, session)
  })
  const away = createAway()
  const report = (message: string, cause: unknown): void =>
    reportFault(core, 'REQUEST_FAILED', message, cause)
  const wire = createSocketWire(place, { heartbeats, report })
  const core = createCore({ ...shared, scope, wire, clock: systemClock, newId, fingerprint })
  const listeners = createListeners({
    onRequest(socket, event, args) {
      const session = sessions.get(socket)
      if (session !== undefined) onRequest(core, session, event, args)
    },
    onDisconnecting: release,
    onFault: (cause) => report('A listener failed', cause),
  })

  function serve(socket: Socket): void {
    if (core.isClosing || sessions.has(socket)) return
    place.nsp = socket.nsp
    const claims = parseHandshake(socket.handshake.auth)
    const session = createSession(socket, claims)
    sessions.set(socket, session)
    listeners.addTo(socket)
    const recoverable = isRecovering(socket)
    if (recoverable) wire.enter(socket, privateRoomOf(socket))
    connect(core, session, claims, recoverable).catch((cause) => report('A connection failed', cause))
    if (socket.recovered) rejoin(socket, session)
  }

  /** Socket.IO tells a recovered client that it never was away: nobody else will join its channels again. */
  function rejoin(socket: Socket, session: Session): void {
    for (const { channel, position } of away.take(socket.id)) {
      onRequest(core, session, ClientEvent.JoinChannel, [channel, { since: position }])
    }
  }

  function release(socket: Socket): void {
    const session = sessions.get(socket)
    if (session === undefined) return
    sessions.delete(socket)
    heartbeats.unwatch(socket)
    if (isRecovering(socket)) {
      if (session.version === 1) away.put(socket.id, placesOf(session), core.clock.now())
      wire.leave(socket, privateRoomOf(socket))
    }
    disconnect(core, session)
    if (sessions.size === 0) onEmpty()
  }

  async function stop(): Promise<void> {
    core.isClosing = true
    await core.appender.idle()
    for (const socket of [...sessions.keys()]) {
      listeners.removeFrom(socket)
      release(socket)
    }
    for (const cancel of core.timers) cancel()
    core.timers.clear()
    core.cancelStats?.()
    core.cancelSweep?.()
    await core.cursors.idle()
    core.tails.clear()
  }

  let stopped: Promise<void> | undefined
  return {
    core,
    serve,
    isServing: () => sessions.size > 0,
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}
