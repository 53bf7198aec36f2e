import { ClientEvent, LIMITS, type ClientEvent as Names, ServerEvent } from '@carillon/protocol'
import type { Server, Socket } from 'socket.io'
import { MANY, SENDER } from '../work.ts'
import type { Subject } from './subject.ts'

/*
 * The same wire without Carillon: what a developer who knows Socket.IO would write by hand. Shared handlers, no
 * state per socket, nothing stored, nothing checked beyond types. Frames are as long as Carillon's.
 */

const EPOCH = '3550c25a-770f-4ae6-8b7f-c5a343e15389'
const NODE = 'tByD8Ly5'
const RATES = {
  rateWindowMs: 10_000,
  requestsPerWindow: MANY,
  sendsPerWindow: MANY,
  joinsPerWindow: MANY,
}
const ANNOUNCED = { ...LIMITS, channelsPerSocket: 100, ...RATES }

type Ack = (answer: unknown) => void
interface Draft {
  readonly channel: string
  readonly type: string
  readonly title: string
  readonly message: string
  readonly data: unknown
}

let server: Server
let offset = 0

/**
 * @param isQuiet no frames to one socket but acknowledgements: with connection state recovery every other one
 * would be stored beside the broadcasts, and searched by whoever returns
 */
export function byHand(io: Server, isQuiet: boolean): Subject {
  server = io
  const listeners = Object.entries(isQuiet ? { ...handlers, ...quietHandlers } : handlers)
  if (isQuiet) io.use((socket, next) => next(userOf(socket) === null ? new Error('who is it?') : undefined))
  io.on('connection', (socket) => {
    for (const [event, handler] of listeners) socket.on(event, handler)
    if (!isQuiet) greet(socket)
  })
  return { io, send: (draft) => publish(draft, SENDER) }
}

function greet(socket: Socket): void {
  const now = new Date().toISOString()
  socket.emit(ServerEvent.ConnectionConfirmed, {
    socketId: socket.id,
    serverTime: now,
    version: 2,
    userId: userOf(socket),
    pendingCount: 0,
    hasMore: false,
    streams: { b: { epoch: EPOCH, offset: 0 }, u: { epoch: EPOCH, offset: 0 } },
    limits: ANNOUNCED,
  })
}

const handlers = {
  [ClientEvent.JoinChannel](this: Socket, channel: unknown, ack?: Ack) {
    if (typeof channel !== 'string') return
    void this.join(channel)
    const joined = joinedPayload(channel)
    if (typeof ack === 'function') ack({ ok: true, ...joined })
    this.emit(ServerEvent.ChannelJoined, joined)
  },
  [ClientEvent.LeaveChannel](this: Socket, channel: unknown, ack?: Ack) {
    if (typeof channel !== 'string') return
    void this.leave(channel)
    const left = { channel, message: `Vous avez quitté « ${channel} »`, timestamp: new Date().toISOString() }
    if (typeof ack === 'function') ack({ ok: true, ...left })
    this.emit(ServerEvent.ChannelLeft, left)
  },
  [ClientEvent.SendNotification](this: Socket, draft: unknown, ack?: Ack) {
    if (!isDraft(draft)) return
    const receipt = publish(draft, nameOf(this))
    if (typeof ack === 'function') ack({ ok: true, ...receipt })
    else this.emit(ServerEvent.NotificationSent, receipt)
  },
  [ClientEvent.GetStats](this: Socket, ack?: Ack) {
    if (typeof ack === 'function') ack({ ok: true, connectedClients: server.sockets.sockets.size })
  },
  [ClientEvent.GetChannels](this: Socket, ack?: Ack) {
    if (typeof ack === 'function') ack({ ok: true, channels: [...server.sockets.adapter.rooms.keys()] })
  },
  [ClientEvent.AckNotifications](this: Socket, _positions: unknown, ack?: Ack) {
    if (typeof ack === 'function') ack({ ok: true })
  },
  [ClientEvent.GetHistory](this: Socket, _query: unknown, ack?: Ack) {
    if (typeof ack === 'function') ack({ ok: true, items: [] })
  },
  [ClientEvent.RefreshAuth](this: Socket, _auth: unknown, ack?: Ack) {
    if (typeof ack === 'function') ack({ ok: true })
  },
  disconnect(this: Socket) {},
} satisfies Record<Names | 'disconnect', (this: Socket, ...args: never[]) => void>

const quietHandlers = {
  [ClientEvent.JoinChannel](this: Socket, channel: unknown, ack?: Ack) {
    if (typeof channel !== 'string') return
    void this.join(channel)
    if (typeof ack === 'function') ack({ ok: true, ...joinedPayload(channel) })
  },
} satisfies Partial<Record<Names, (this: Socket, ...args: never[]) => void>>

function joinedPayload(channel: string) {
  return {
    channel,
    message: `Vous avez rejoint « ${channel} »`,
    clientCount: server.sockets.adapter.rooms.get(channel)?.size ?? 0,
    pendingCount: 0,
    timestamp: new Date().toISOString(),
    epoch: EPOCH,
    offset: 0,
    hasMore: false,
  }
}

function publish({ channel, type, title, message, data }: Draft, sender: string) {
  const now = Date.now()
  const timestamp = new Date(now).toISOString()
  offset++
  const id = `n_${(now / 1000).toFixed(3)}-${NODE}-${offset}`
  const place = { stream: `c:${channel}`, epoch: EPOCH, offset }
  const notification = { id, type, title, message, data, sender, channel, timestamp, ...place }
  server.to(channel).emit(ServerEvent.NotificationReceived, notification)
  return { notificationId: id, channel, timestamp, ...place, duplicate: false }
}

function nameOf(socket: Socket): string {
  const name: unknown = socket.handshake.auth.username
  return typeof name === 'string' ? name : 'Anonyme'
}

function userOf(socket: Socket): string | null {
  const id: unknown = socket.handshake.auth.user_id
  return typeof id === 'string' ? id : null
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false
  const { channel, title, message } = value as Partial<Draft>
  return typeof channel === 'string' && typeof title === 'string' && typeof message === 'string'
}
