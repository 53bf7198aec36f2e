import {
  BROADCAST_STREAM,
  type ChannelJoined,
  ClientEvent,
  type ConnectionConfirmed,
  channelOf,
  channelStream,
  type JoinOptions,
  type NotificationInput,
  type NotificationReceived,
  type Position,
  parseHandshake,
  type Refused,
  ServerEvent,
  type StreamName,
  USER_STREAM,
} from '@carillon/protocol'
import { startServer, type TestServer } from '@carillon/testkit'
import type { Server, ServerOptions, Socket } from 'socket.io'

/** What a client asked, and how it can be answered by hand. */
export interface Asked {
  readonly event: string
  readonly args: readonly unknown[]
  readonly socket: Socket
  readonly hasAck: boolean
  /** Answers as the script below would have. */
  readonly answer: () => void
  readonly refuse: (refused: Partial<Refused>) => void
  readonly ack: (...args: unknown[]) => void
}

/**
 * A server that speaks the protocol from memory and does as a test says: answers late, never, or with refusals,
 * loses its logs, cuts connections. Offsets and positions are those of the real one.
 */
export interface FakeServer {
  readonly url: string
  readonly asked: readonly Asked[]
  /** Arguments of all requests with this name. */
  argsOf(event: string): readonly (readonly unknown[])[]
  /** Decides what happens to a request. @default it is answered */
  script: (asked: Asked) => void
  /** Called for every connection instead of confirming it. */
  greet: (confirm: () => void, socket: Socket) => void
  /** What a confirmation, and the answer to `refresh-auth`, say beside the rest. */
  facts: Partial<ConnectionConfirmed>
  readonly sockets: () => Socket[]
  readonly io: Server
  append(stream: StreamName, title: string): NotificationReceived
  /** A new epoch, and nothing in it. */
  lose(stream: StreamName): void
  /** Cuts every connection the way a network does. */
  cut(): void
  readonly port: number
  close(): Promise<void>
}

interface Log {
  epoch: string
  items: NotificationReceived[]
}

export async function startFake(port = 0, ioOptions: Partial<ServerOptions> = {}): Promise<FakeServer> {
  const logs = new Map<StreamName, Log>()
  const members = new Map<string, Set<Socket>>()
  const keys = new Map<string, object>()
  const asked: Asked[] = []
  let epochs = 0

  const logOf = (stream: StreamName): Log => {
    const log = logs.get(stream) ?? { epoch: `e${++epochs}`, items: [] }
    logs.set(stream, log)
    return log
  }

  function append(stream: StreamName, title: string): NotificationReceived {
    const log = logOf(stream)
    const offset = log.items.length + 1
    const item: NotificationReceived = {
      id: `n_${log.epoch}-${offset}`,
      type: 'info',
      title,
      message: 'message',
      data: null,
      sender: 'Alice',
      channel: channelOf(stream),
      timestamp: new Date().toISOString(),
      stream,
      epoch: log.epoch,
      offset,
    }
    log.items.push(item)
    const readers =
      channelOf(stream) === null ? server.io.sockets.sockets.values() : (members.get(stream) ?? [])
    for (const socket of readers)
      if (socket.rooms.has('ready')) socket.emit(ServerEvent.NotificationReceived, item)
    return item
  }

  /** What follows a position, and what the answer says of it. */
  function follow(stream: StreamName, since: Position | null) {
    const { epoch, items } = logOf(stream)
    const cut = { epoch, offset: items.length }
    if (since === null) return { cut, missed: [] }
    if (since.epoch !== epoch)
      return { cut: { ...cut, recovered: false, reason: 'epoch' as const }, missed: items }
    return { cut: { ...cut, recovered: true }, missed: items.slice(since.offset) }
  }

  function replay(socket: Socket, missed: readonly NotificationReceived[]): void {
    for (const item of missed) socket.emit(ServerEvent.NotificationReceived, { ...item, replayed: true })
  }

  function confirm(socket: Socket): void {
    const { userId, since } = parseHandshake(socket.handshake.auth)
    const b = follow(BROADCAST_STREAM, since.b)
    const u = follow(USER_STREAM, since.u)
    const missed = [...(userId === null ? [] : u.missed), ...b.missed]
    socket.emit(ServerEvent.ConnectionConfirmed, {
      socketId: socket.id,
      serverTime: new Date().toISOString(),
      version: 2,
      userId,
      pendingCount: missed.length,
      hasMore: false,
      streams: { b: b.cut, ...(userId === null ? {} : { u: u.cut }) },
      limits: {},
      ...fake.facts,
    })
    void socket.join('ready')
    replay(socket, missed)
  }

  function join(
    socket: Socket,
    channel: string,
    options: JoinOptions | undefined,
    ack: (answer: object) => void,
  ) {
    const stream = channelStream(channel)
    const inside = members.get(stream) ?? new Set()
    members.set(stream, inside)
    const { cut, missed } = follow(stream, options?.since ?? null)
    inside.add(socket)
    const joined: ChannelJoined = {
      channel,
      message: `joined ${channel}`,
      clientCount: inside.size,
      pendingCount: missed.length,
      timestamp: new Date().toISOString(),
      hasMore: false,
      ...cut,
    }
    tell(socket, ServerEvent.ChannelJoined, joined)
    ack({ ok: true, ...joined })
    replay(socket, missed)
  }

  function leave(socket: Socket, channel: string, ack: (answer: object) => void): void {
    members.get(channelStream(channel))?.delete(socket)
    const left = {
      channel,
      message: `left ${channel}`,
      timestamp: new Date().toISOString(),
      reason: 'client',
    }
    tell(socket, ServerEvent.ChannelLeft, left)
    ack({ ok: true, ...left })
  }

  function send(socket: Socket, input: NotificationInput, ack: (answer: object) => void): void {
    const key = String(input.idempotencyKey)
    const known = keys.get(key)
    if (known !== undefined) {
      ack({ ok: true, ...known, duplicate: true })
      return
    }
    const stream = input.channel == null ? BROADCAST_STREAM : channelStream(input.channel)
    const { id, channel, timestamp, epoch, offset } = append(stream, input.title)
    const sent = { notificationId: id, channel, timestamp, stream, epoch, offset, duplicate: false }
    keys.set(key, sent)
    tell(socket, ServerEvent.NotificationSent, sent)
    ack({ ok: true, ...sent })
  }

  /** A client of the first version hears of everything by event, too. */
  function tell(socket: Socket, event: ServerEvent, payload: object): void {
    if (parseHandshake(socket.handshake.auth).version === 1) socket.emit(event, payload)
  }

  function answer(
    socket: Socket,
    event: string,
    args: readonly unknown[],
    ack: (answer: object) => void,
  ): void {
    const [first, second] = args
    if (event === ClientEvent.JoinChannel) join(socket, String(first), second as JoinOptions | undefined, ack)
    if (event === ClientEvent.LeaveChannel) leave(socket, String(first), ack)
    if (event === ClientEvent.SendNotification) send(socket, first as NotificationInput, ack)
    if (event === ClientEvent.GetStats)
      ack({
        ok: true,
        connectedClients: server.io.engine.clientsCount,
        activeChannels: 0,
        uptime: 1,
        timestamp: 't',
      })
    if (event === ClientEvent.RefreshAuth) {
      const { authExpiresInMs } = fake.facts
      ack({
        ok: true,
        userId: parseHandshake(first).userId,
        ...(authExpiresInMs === undefined ? {} : { authExpiresInMs }),
      })
    }
    if (event === ClientEvent.GetChannels) ack({ ok: true, channels: [{ name: 'devops', clientCount: 1 }] })
  }

  function onRequest(socket: Socket, event: string, given: readonly unknown[]): void {
    const last = given.at(-1)
    const hasAck = typeof last === 'function'
    const args = hasAck ? given.slice(0, -1) : given
    const ack = (...answers: unknown[]): void => void (typeof last === 'function' && last(...answers))
    const refuse = (refused: Partial<Refused>): void => {
      const errors = refused.errors ?? ['Refusé']
      const full = { ok: false, code: 'not-allowed', retryable: false, details: [], ...refused, errors }
      tell(socket, ServerEvent.ErrorMessage, { errors, code: full.code, event })
      ack(full)
    }
    const request = {
      event,
      args,
      socket,
      hasAck,
      ack,
      refuse,
      answer: () => answer(socket, event, args, ack),
    }
    asked.push(request)
    fake.script(request)
  }

  const server: TestServer = await startServer({ port, ioOptions })
  server.io.on('connection', (socket) => {
    for (const event of Object.values(ClientEvent)) {
      socket.on(event, (...given: unknown[]) => onRequest(socket, event, given))
    }
    socket.on('disconnect', () => {
      for (const inside of members.values()) inside.delete(socket)
    })
    fake.greet(() => confirm(socket), socket)
  })
  const fake: FakeServer = {
    url: server.url,
    port: server.port,
    asked,
    argsOf: (event) => asked.filter((request) => request.event === event).map(({ args }) => args),
    script: (request) => request.answer(),
    greet: (confirmNow) => confirmNow(),
    facts: {},
    sockets: () => [...server.io.sockets.sockets.values()],
    io: server.io,
    append,
    lose: (stream) => void logs.delete(stream),
    cut() {
      for (const { conn } of fake.sockets()) conn.close()
    },
    close: server.close,
  }
  return fake
}
