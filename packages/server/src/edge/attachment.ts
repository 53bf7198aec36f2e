import { createHash, randomBytes } from 'node:crypto'
import { ClientEvent, parseHandshake } from '@carillon/protocol'
import type { NotificationStore } from '@carillon/store'
import type { Namespace, Socket } from 'socket.io'
import { connect, createSession } from '../flows/connect.ts'
import { heed, obey } from '../flows/controls.ts'
import type { Settings } from '../flows/core.ts'
import { type Core, createCore, reportFault } from '../flows/core.ts'
import { disconnect, heartbeat } from '../flows/disconnect.ts'
import type { Announce, Hooks, Rates } from '../flows/ports.ts'
import { cutOff } from '../flows/rates.ts'
import { sayClosing } from '../flows/reply.ts'
import { onRequest } from '../flows/requests.ts'
import { restart } from '../flows/restart.ts'
import type { Session } from '../flows/session.ts'
import { createNotificationIds } from '../rules/notification-id.ts'
import type { Policy } from '../rules/policies.ts'
import type { AddressOf } from './addresses.ts'
import { createAway } from './away.ts'
import { systemClock } from './clock.ts'
import { createCorks } from './corks.ts'
import { createDrains } from './drains.ts'
import { type Farewell, sayFarewell } from './farewell.ts'
import type { FrameGuard } from './guard.ts'
import { createHeartbeats } from './heartbeats.ts'
import { createListeners } from './listeners.ts'
import type { Newsroom } from './newsroom.ts'
import { createSocketWire, isRecovering, type Place, privateRoomOf } from './wire.ts'

/** What the attachments of one call share. */
export interface Shared {
  readonly store: NotificationStore
  readonly newsroom: Newsroom
  readonly hooks: Hooks
  readonly policies: readonly Policy[]
  readonly rates: Rates | null
  readonly addressOf: AddressOf
  readonly frames: FrameGuard
  readonly announce: Announce
  readonly settings: Settings
}

/** Carillon on one namespace. */
export interface Attachment {
  readonly core: Core
  serve(socket: Socket): void
  isServing(): boolean
  /** Ends a connection that sends too much, if it is served here. */
  cutOff(conn: Socket['conn']): void
  /** Finishes what is under way, then leaves no trace, of the connections either if so wished. Twice is harmless. [G9] */
  stop(farewell?: Farewell): Promise<void>
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
  // One socket per connection and namespace, so the connection names the session, for heartbeats too.
  const sessions = new Map<Socket['conn'], Session>()
  const away = createAway()
  const drains = createDrains()
  const corks = createCorks()
  const heartbeats = createHeartbeats((conn) => {
    const session = sessions.get(conn)
    if (session !== undefined) heartbeat(core, session, pingIntervalOf(place))
  })
  const report = (message: string, cause: unknown): void =>
    reportFault(core, 'REQUEST_FAILED', message, cause)
  const wire = createSocketWire(place, { heartbeats, drains, addressOf: shared.addressOf, report })
  const desk = shared.newsroom.createDesk()
  const parts = {
    ...shared,
    scope,
    wire,
    clock: systemClock,
    neighbours: desk,
    sessions: () => sessions.values(),
    newId,
    fingerprint,
  }
  const core = createCore(parts, { restart, obey, heed })
  desk.open(core)
  const listeners = createListeners({
    onRequest(socket, event, args) {
      const session = sessionOf(socket)
      if (session !== undefined) onRequest(core, session, event, args)
    },
    onDisconnecting: release,
    onFault: (cause) => report('A listener failed', cause),
  })

  function sessionOf(socket: Socket): Session | undefined {
    const session = sessions.get(socket.conn)
    return session?.peer === socket ? session : undefined
  }

  function serve(socket: Socket): void {
    if (core.isClosing || sessionOf(socket) !== undefined) return
    place.nsp = socket.nsp
    corks.watch(socket.nsp.server.engine)
    const claims = parseHandshake(socket.handshake.auth)
    const session = createSession(socket, claims)
    sessions.set(socket.conn, session)
    shared.frames.watch(socket)
    listeners.addTo(socket)
    const recoverable = isRecovering(socket)
    if (recoverable) wire.enter(socket, privateRoomOf(socket))
    connect(core, session, claims, recoverable).catch((cause) => report('A connection failed', cause))
    if (socket.recovered) rejoin(socket, session)
  }

  /** Socket.IO tells a recovered client that it never was away: nobody else will join its channels again. */
  function rejoin(socket: Socket, session: Session): void {
    for (const { channel, position } of away.back(socket.id)) {
      onRequest(
        core,
        session,
        ClientEvent.JoinChannel,
        position === null ? [channel] : [channel, { since: position }],
      )
    }
  }

  function release(socket: Socket): void {
    const session = sessionOf(socket)
    if (session === undefined) return
    if (isRecovering(socket)) {
      if (session.version === 1) away.leave(socket.id, session, core.clock.now())
      wire.leave(socket, privateRoomOf(socket))
    }
    sessions.delete(socket.conn)
    heartbeats.unwatch(socket)
    shared.frames.unwatch(socket)
    disconnect(core, session)
    drains.release(socket)
    if (sessions.size === 0) onEmpty()
  }

  async function stop(farewell: Farewell | undefined): Promise<void> {
    core.isClosing = true
    desk.close()
    for (const abort of [...core.aborts]) abort()
    await core.appender.idle()
    const ending = [...sessions.values()]
    for (const session of ending)
      if (farewell !== undefined || session.version === 2) sayClosing(core, session)
    if (farewell !== undefined) await sayFarewell(socketsOf(place.nsp), farewell)
    for (const socket of place.nsp?.sockets.values() ?? []) {
      listeners.removeFrom(socket)
      release(socket)
    }
    for (const cancel of core.timers) cancel()
    core.timers.clear()
    core.cancelStats?.()
    core.cancelSweep?.()
    core.expiries.timer?.cancel()
    core.cancelLook?.()
    await core.cursors.flush()
    core.tails.clear()
    corks.release()
  }

  let stopped: Promise<void> | undefined
  return {
    core,
    serve,
    isServing: () => sessions.size > 0,
    cutOff(conn) {
      const session = sessions.get(conn)
      if (session !== undefined) cutOff(core, session)
    },
    stop(farewell) {
      stopped ??= stop(farewell)
      return stopped
    },
  }
}

function socketsOf(nsp: Namespace | null): Socket[] {
  return [...(nsp?.sockets.values() ?? [])]
}

/** The engine's own, which may be made, or made again, after the attachment. */
function pingIntervalOf({ nsp }: Place): number {
  return nsp?.server.engine.opts.pingInterval ?? Number.POSITIVE_INFINITY
}
