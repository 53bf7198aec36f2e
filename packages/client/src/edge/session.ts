import {
  ClientEvent,
  type ConnectionConfirmed,
  channelOf,
  type ErrorMessage,
  type Limits,
  type Positions,
  type StreamName,
} from '@carillon/protocol'
import { limitsOf } from '../rules/bounds.ts'
import { NotificationsError } from '../rules/errors.ts'
import type { Settings } from '../rules/options.ts'
import { createPositionBook, type Since } from '../rules/positions.ts'
import { silenceOf, type Trouble, troubleOf } from '../rules/silence.ts'
import { type ConnectionStatus, nextStatus, type StatusEvent } from '../rules/status.ts'
import { type Channels, createChannels } from './channels.ts'
import { createComebacks } from './comeback.ts'
import { createDelivery } from './delivery.ts'
import type { Emitter } from './emitter.ts'
import { createHandshake } from './handshake.ts'
import { createLink, type Link, type LinkHooks } from './link.ts'
import { createLocker } from './locker.ts'
import type { Target } from './open-socket.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { createProblems } from './problems.ts'
import { createReceipts } from './receipts.ts'
import { createRenewal, type Renewal } from './renewal.ts'
import { createRequests, type Requests } from './requests.ts'
import type { SafeStorage } from './storage.ts'
import type { ClientEvents } from './surface.ts'
import { watchPage } from './wake.ts'

/** The connection and everything that lives on it. */
export interface Session {
  readonly status: ConnectionStatus
  readonly userId: string | null
  readonly clientId: string
  /** As the server announced them last. */
  readonly limits: Limits
  readonly requests: Requests
  readonly renewal: Renewal
  readonly outbox: Outbox
  readonly channels: Channels
  connect(): void
  close(): void
}

interface SessionParts {
  readonly target: Target
  readonly storage: SafeStorage | null
  /** Whether sends outlive the page. */
  readonly keepsSends: boolean
  readonly settings: Settings
  readonly emitter: Emitter<ClientEvents>
  readonly onThrow: (cause: unknown, event: string) => void
}

export function createSession(parts: SessionParts): Session {
  const { target, settings, emitter, onThrow } = parts
  const locker = createLocker(parts.storage, target.place)
  const positions = createPositionBook(locker)
  const problems = createProblems((problem) => emitter.emit('problem', problem))
  const handshake = createHandshake(standing, onAuthFailed)
  if (target.user !== undefined) locker.open(target.user)
  const { socket, isOwn, address, prepare, release } = target.open(handshake)
  const requests = createRequests(emit, settings, silence)
  let limits = limitsOf(null)
  const shelf = parts.keepsSends ? locker : null
  const outbox = createOutbox(requests, shelf, () => limits, problems.report)
  const renewal = createRenewal(requests, handshake, settings, problems.report)
  const comebacks = createComebacks(socket.io, handshake.isAskable, () => {
    // Whoever owns the socket may have been quicker.
    if (!socket.active) open()
  })
  const channels = createChannels(requests, positions, settings, {
    onThrow,
    onMoved: keep,
    onLost: (stream, recovery) => delivery.tellReset(stream, recovery),
  })
  // Told to the server only when the application has it: a page that closes before has not received it. [G2]
  const isHeld = (stream: StreamName): boolean => {
    const channel = channelOf(stream)
    return channel !== null && emitter.listeners('notification').length === 0 && channels.isHolding(channel)
  }
  const receipts = createReceipts(positions, isHeld, sendReceipt)
  const delivery = createDelivery({
    positions,
    channels,
    emitter,
    isClosed: () => status === 'closed',
    onTaken: receipts.onMoved,
    keep,
  })
  /** Requests that went out on this connection. */
  const asked = new Set<string>()
  let status: ConnectionStatus = socket.connected ? 'connected' : socket.active ? 'connecting' : 'suspended'
  let userId: string | null = null
  let isConfirmed = false
  /** Whether the server knows on this connection that it talks to us: a v1 session also gets events. */
  let isIntroduced = false
  /** Requests could go out on this connection. */
  let wasReady = false
  /** Why the connection failed last, until it stands again. */
  let trouble: Trouble | null = null
  /** A new attempt may help without anybody's doing. */
  let isResumable = false

  const hooks: LinkHooks = {
    onOpened() {
      trouble = null
      move('opened')
    },
    onLost,
    onFailed(cause) {
      trouble = troubleOf(cause)
    },
    onRefused(cause) {
      end('ended', false)
      problems.onConnectionRefused(cause)
    },
    onExhausted,
    onAttempt: prepare,
    onTransportClosed: handshake.onClosed,
    onConfirmed,
    onNotification: delivery.onNotification,
    onBatch: delivery.onBatch,
    onReset: delivery.onReset,
    onStats: (stats) => emitter.emit('stats', stats),
    // A v1 session gets these beside the acknowledgements, which have told it all.
    onJoined: (joined) => isIntroduced && channels.onCut(joined),
    onLeft({ channel, reason }) {
      if (reason === 'revoked') channels.onRevoked(channel)
      else if (reason !== 'client') channels.onLetGo(channel)
    },
    onErrorMessage,
    onFault: (cause) => problems.report(new NotificationsError('internal', 'a handler failed', { cause })),
  }
  const link: Link = createLink(socket, hooks)
  const stopWatching = watchPage(
    () => {
      renewal.onWake()
      if (isResumable) connect()
    },
    () => receipts.flush(),
    locker.onPage,
  )

  function standing(user: string | null): { clientId: string; since: Since } {
    locker.open(user)
    return { clientId: locker.clientId, since: positions.ownStreams() }
  }

  function keep(): void {
    positions.keep(isHeld)
  }

  function emit(event: ClientEvent, args: readonly unknown[], onAck?: (...answer: unknown[]) => void): void {
    asked.add(event)
    link.emit(event, args, onAck)
  }

  function sendReceipt(moved: Positions, isLast: boolean): void {
    emit(ClientEvent.AckNotifications, [moved], isLast ? () => undefined : undefined)
  }

  function move(event: StatusEvent): void {
    const next = nextStatus(status, event)
    if (next === status) return
    status = next
    emitter.emit('status', status)
  }

  function end(event: 'ended' | 'exhausted', canResume: boolean): void {
    isResumable = canResume
    move(event)
  }

  function onConfirmed(confirmed: ConnectionConfirmed): void {
    // A second one on the same connection: the server forgot us and begins anew.
    if (isConfirmed) drop()
    isConfirmed = true
    userId = confirmed.userId ?? null
    limits = limitsOf(confirmed.limits)
    const isSame = locker.confirm(userId)
    // Positions of somebody else are neither ours to go on from nor to move.
    if (!isSame) positions.reset()
    positions.onConfirmed(confirmed, handshake.told() ?? {})
    delivery.onConfirmed(confirmed)
    outbox.onConfirmed(isSame)
    getReady(confirmed.limits)
    renewal.onConfirmed(confirmed.authExpiresInMs)
    comebacks.onConfirmed()
    keep()
    move('confirmed')
    emitter.emit('confirmed', confirmed)
  }

  function onExhausted(): void {
    const isNews = status !== 'suspended'
    end('exhausted', true)
    if (isNews) problems.onGaveUp(address, trouble)
  }

  function silence(timeoutMs: number): Trouble {
    return silenceOf({ status, isOpen: socket.connected, isConfirmed, address, trouble }, timeoutMs)
  }

  function getReady(announced?: unknown): void {
    isResumable = false
    isIntroduced = handshake.told() !== null
    wasReady = true
    channels.onReady()
    requests.onReady(announced)
    receipts.onReady(userId !== null)
  }

  function drop(): void {
    // What went out before is known by its key: a connection on which nothing was sent changes nothing about that.
    requests.onDropped(isIntroduced || !wasReady)
    wasReady = false
    channels.onDropped()
    receipts.onDropped()
    renewal.onDropped()
    asked.clear()
    isConfirmed = false
  }

  function onLost(reason: string, isFinal: boolean): void {
    drop()
    trouble = { text: reason }
    isIntroduced = false
    handshake.onClosed()
    const words = problems.lastWords()
    const isByServer = reason === 'io server disconnect'
    // Socket.IO itself comes back too soon for whoever was cut off for asking too much.
    const mustWait =
      !isFinal &&
      words?.retryAfterMs !== undefined &&
      words.code === 'too-many-requests' &&
      socket.io.reconnection()
    if (mustWait) socket.disconnect()
    const comeback = comebacks.onEnded(isByServer || mustWait ? words : undefined)
    if (!(isFinal || mustWait) || comeback === 'coming') move('dropped')
    else if (comeback === 'used-up') end('exhausted', true)
    else end('ended', false)
    problems.onLost(isByServer, comeback)
  }

  function onErrorMessage(message: ErrorMessage): void {
    const isAnswer = !isIntroduced && message.event !== null && asked.has(message.event)
    if (!isAnswer) problems.onErrorMessage(message)
  }

  function onAuthFailed(cause: unknown): void {
    socket.disconnect()
    end('exhausted', true)
    trouble = { text: 'the "auth" function failed', cause }
    problems.report(new NotificationsError('auth-failed', trouble.text, { cause }))
  }

  function connect(): void {
    if (status === 'closed' || socket.connected) return
    // A socket that is at it already would send its handshake twice.
    if (status !== 'suspended' && (socket.active || comebacks.isWaiting())) return
    isResumable = false
    move('asked')
    open()
  }

  function open(): void {
    prepare()
    socket.connect()
  }

  function close(): void {
    if (status === 'closed') return
    receipts.flush(true)
    comebacks.stop()
    stopWatching()
    link.release()
    channels.close()
    requests.close()
    outbox.close()
    renewal.close()
    receipts.onDropped()
    problems.close()
    if (isOwn) link.whenAnswered(release)
    else release()
    handshake.onClosed()
    locker.close()
    move('closed')
  }

  if (socket.connected) getReady()
  return {
    get status() {
      return status
    },
    get userId() {
      return userId
    },
    get clientId() {
      return locker.clientId
    },
    get limits() {
      return limits
    },
    requests,
    renewal,
    outbox,
    channels,
    connect,
    close,
  }
}
