import { type ConnectOptions, connectNotifications, type NotificationsClient } from '@carillon/client'
import { ClientEvent, channelStream, ServerEvent } from '@carillon/protocol'
import { until } from '@carillon/testkit'
import { io } from 'socket.io-client'
import { createBook, type Heard, type LiveReader } from './live-reader.ts'
import { TENACIOUS } from './tenacity.ts'

/** How a client connects. */
export interface Line {
  readonly url: string
  readonly user: string
  readonly device?: string
  /** @default WebSocket alone */
  readonly transports?: readonly ('polling' | 'websocket')[]
  /** How long an attempt to connect may take. @default socket.io-client's own 20 s */
  readonly connectMs?: number
  /** Called whenever statistics come. */
  readonly onStats?: () => void
}

export const START_MS = 30_000

export function optionsOf({ user, device, transports = ['websocket'], connectMs = 20_000 }: Line) {
  const auth = { user_id: user, ...(device === undefined ? {} : { device_id: device }) }
  return { ...TENACIOUS, transports: [...transports], timeout: connectMs, auth }
}

/** Reads with the typed client, from the first notification of the channel on. */
export async function readTyped(
  line: Line,
  channel: string,
  more: Partial<ConnectOptions> = {},
): Promise<LiveReader> {
  const client = connectNotifications(line.url, { storage: false, ...optionsOf(line), ...more })
  const stream = channelStream(channel)
  const book = createBook(stream)
  client.on('notification', ({ stream: of, id, epoch, offset, data }) => {
    if (of === stream) book.write({ kind: 'item', id, epoch, offset, key: String(data?.key) })
  })
  client.on('status', (status) => {
    if (status === 'reconnecting') book.write({ kind: 'lost' })
  })
  client.on('stats', () => line.onStats?.())
  client.on('reset', ({ stream: of, reason }) => {
    if (of === stream) book.write({ kind: 'reset', reason })
  })
  const subscription = await client.joinChannel(channel, { timeoutMs: START_MS })
  subscription.on('joined', ({ epoch, offset, pendingCount, hasMore }) => {
    book.write({ kind: 'joined', epoch, offset, pendingCount, hasMore })
  })
  return {
    record: { client: nameOf(line, 'typed'), stream, joinedAt: null, seen: book.seen },
    reached: book.reached,
    losses: book.losses,
    isConnected: () => client.status === 'connected' && subscription.state === 'joined',
    close: () => client.close(),
  }
}

/** Reads with a stock socket.io-client: it joins whenever it is connected, and knows no more. */
export async function readStock(line: Line, channel: string): Promise<LiveReader> {
  const socket = io(line.url, optionsOf(line))
  const stream = channelStream(channel)
  const book = createBook(stream)
  let isJoined = false
  socket.onAny((event, data) => {
    const heard: Heard = { event, data }
    book.hear(heard)
    isJoined ||= heard.event === ServerEvent.ChannelJoined
    if (heard.event === ServerEvent.ServerStats) line.onStats?.()
  })
  socket.on('connect', () => void socket.emit(ClientEvent.JoinChannel, channel))
  socket.on('disconnect', () => {
    isJoined = false
    book.hear({ event: 'disconnect', data: null })
  })
  await until(() => isJoined, `${line.user} joins`, START_MS)
  return {
    record: { client: nameOf(line, 'stock'), stream, joinedAt: null, seen: book.seen, kind: 'stock' },
    reached: book.reached,
    losses: book.losses,
    isConnected: () => isJoined,
    close: () => void socket.disconnect(),
  }
}

function nameOf({ user, device, transports }: Line, kind: string): string {
  const place = device === undefined ? user : `${user}/${device}`
  return `${place} (${kind}, ${transports?.join('+') ?? 'websocket'})`
}

/**
 * Reads with the typed client, and is broken on purpose: whenever its connection breaks it begins anew, as a guest
 * whom nobody knows. Every check of what was left out has to find it.
 */
export async function readForgetful(line: Line, channel: string): Promise<LiveReader> {
  const stream = channelStream(channel)
  const book = createBook(stream)
  let isOver = false
  let current: NotificationsClient

  function begin(): Promise<unknown> {
    const client = connectNotifications(line.url, { storage: false, ...optionsOf(line), auth: {} })
    current = client
    client.on('notification', ({ id, epoch, offset, data }) => {
      book.write({ kind: 'item', id, epoch, offset, key: String(data?.key) })
    })
    client.on('status', (status) => {
      if (status !== 'reconnecting' || isOver) return
      book.write({ kind: 'lost' })
      client.close()
      // It fails when it is cut off again before it has joined: the next one has begun by then.
      begin().catch(() => undefined)
    })
    return client.joinChannel(channel, { timeoutMs: START_MS })
  }

  await begin()
  return {
    record: { client: nameOf(line, 'forgetful'), stream, joinedAt: null, seen: book.seen, hasGone: true },
    reached: book.reached,
    losses: book.losses,
    isConnected: () => current.status === 'connected',
    close() {
      isOver = true
      current.close()
    },
  }
}
