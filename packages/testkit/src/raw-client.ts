import { ClientEvent } from '@carillon/protocol'
import { WebSocket } from 'ws'
import { type Frame, type Packet, PacketType, packetText, parseFrame } from './frames.ts'
import { createRecorder } from './recorder.ts'
import { type EventLog, eventLog, type Recorded, settle } from './stock-client.ts'
import { deferred, LIMIT_MS, within } from './until.ts'

export interface RawOptions {
  /** @default '/' */
  readonly namespace?: string
  readonly auth?: unknown
  /** The same as text, for what is no JSON, or more than `JSON.stringify` can write. */
  readonly authText?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** @default '/socket.io/' */
  readonly path?: string
  /** Whether to join the namespace by itself. @default true */
  readonly autoConnect?: boolean
  /**
   * Revision of the Engine.IO protocol. In the third the server joins the main namespace for the client, and the
   * client pings, which this one never does.
   *
   * @default 4
   */
  readonly revision?: 3 | 4
  /** @default 'raw client' */
  readonly name?: string
  /** @default 5000 */
  readonly limitMs?: number
}

/**
 * Speaks Engine.IO and Socket.IO by hand over one WebSocket, so that a test can do what no well-behaved
 * client does. `next` and `all` tell of events, `nextFrame` of everything.
 */
export interface RawClient extends EventLog {
  /** Every text frame in the order of arrival. */
  readonly frames: readonly Frame[]
  nextFrame(matches: (frame: Frame) => boolean, name?: string): Promise<Frame>
  /** Resolves when the namespace is joined; rejects when the server refuses or says nothing. */
  connected(): Promise<void>
  /** Resolves with the code of the close frame, 1006 when the connection just ended. */
  readonly closed: Promise<number>
  /** Sends a text frame as it is, as soon as the WebSocket is open. */
  sendFrame(text: string): void
  /** Sends a binary frame as it is: the attachment of a text frame before it. */
  sendBinary(bytes: Uint8Array): void
  /** Sends an event once the namespace is joined. */
  sendEvent(event: string, ...args: unknown[]): void
  /** The same with an acknowledgement; resolves to its first argument. */
  sendEventWithAck(event: string, ...args: unknown[]): Promise<unknown>
  /** As the stock client's: one acknowledged round trip. */
  settle(): Promise<void>
  /** Whether pings get their pong from now on. */
  answerPings(answer: boolean): void
  /** A pong that nobody asked for. */
  sendPong(): void
  /** A ping of the WebSocket itself, below Engine.IO: whoever gets it has to answer. */
  sendWebSocketPing(bytes: number): void
  /** Leaves everything that comes from now on in the buffers of the network. */
  stopReading(): void
  startReading(): void
  close(): Promise<void>
}

export function connectRaw(url: string, options: RawOptions = {}): RawClient {
  const { namespace = '/', name = 'raw client', limitMs = LIMIT_MS } = options
  const ws = new WebSocket(addressOf(url, options), { headers: { ...options.headers } })
  const frames = createRecorder<Frame>(name, limitMs)
  const events = createRecorder<Recorded>(name, limitMs)
  const acks = createAcks(name, limitMs)
  const joining = deferred<void>()
  const closed = new Promise<number>((resolve) => ws.once('close', resolve))
  const opened = new Promise<void>((resolve) => ws.once('open', resolve))
  let answersPings = true
  // A refused or torn connection shows in `closed`; unheard, the error would end the test process.
  ws.on('error', () => undefined)
  ws.once('close', (code) => joining.reject(new Error(`${name}: the connection ended with code ${code}`)))
  ws.on('message', (data, isBinary) => {
    if (isBinary) return
    const frame = parseFrame(data.toString())
    if (frame.kind === 'open' && options.autoConnect !== false && options.revision !== 3)
      ws.send(packetText(PacketType.Connect, namespace, null, options.auth) + (options.authText ?? ''))
    if (frame.kind === 'ping' && answersPings) ws.send('3')
    frames.record(frame)
    if (frame.packet?.namespace === namespace) onPacket(frame.packet)
  })

  function onPacket({ type, ackId, data }: Packet): void {
    if (type === PacketType.Connect) joining.resolve()
    if (type === PacketType.ConnectError)
      joining.reject(new Error(`${name}: the server refused "${namespace}": ${JSON.stringify(data)}`))
    if (!Array.isArray(data)) return
    const [first, ...rest]: unknown[] = data
    if (type === PacketType.Event) events.record({ event: String(first), args: rest })
    if (type === PacketType.Ack && ackId !== null) acks.answer(ackId, first)
  }
  function sendAsIs(content: string | Uint8Array): void {
    if (ws.readyState === WebSocket.OPEN) ws.send(content)
    else void opened.then(() => ws.send(content))
  }
  const sendFrame: (text: string) => void = sendAsIs
  function sendPacket(ackId: number | null, content: unknown[]): void {
    const text = packetText(PacketType.Event, namespace, ackId, content)
    if (joining.isResolved()) sendFrame(text)
    else
      joining.promise.then(
        () => sendFrame(text),
        () => undefined,
      )
  }
  function sendEventWithAck(event: string, ...args: unknown[]): Promise<unknown> {
    const { ackId, answer } = acks.ask(event)
    sendPacket(ackId, [event, ...args])
    return answer
  }

  return {
    ...eventLog(events.entries, events.next),
    frames: frames.entries,
    nextFrame: (matches, what = 'a frame') => frames.next(matches, what),
    connected: () => within(joining.promise, limitMs, `${name}: the answer to joining "${namespace}"`),
    closed,
    sendFrame,
    sendBinary: sendAsIs,
    sendEvent: (event, ...args) => sendPacket(null, [event, ...args]),
    sendEventWithAck,
    settle: () => settle(() => sendEventWithAck(ClientEvent.GetStats), name),
    answerPings: (answer) => {
      answersPings = answer
    },
    sendPong: () => sendFrame('3'),
    sendWebSocketPing(bytes) {
      if (ws.readyState === WebSocket.OPEN) ws.ping(Buffer.alloc(bytes))
    },
    stopReading: () => ws.pause(),
    startReading: () => ws.resume(),
    close: async () => {
      ws.terminate()
      await closed
    },
  }
}

/** Numbers the acknowledgements that are asked for and hands out the answers. */
function createAcks(name: string, limitMs: number) {
  const waiting = new Map<number, (answer: unknown) => void>()
  let last = -1
  return {
    ask(event: string) {
      const ackId = ++last
      const answer = new Promise<unknown>((resolve) => waiting.set(ackId, resolve))
      return { ackId, answer: within(answer, limitMs, `${name}: the acknowledgement of "${event}"`) }
    },
    answer(ackId: number, value: unknown) {
      waiting.get(ackId)?.(value)
      waiting.delete(ackId)
    },
  }
}

function addressOf(url: string, options: RawOptions): string {
  const address = new URL(options.path ?? '/socket.io/', url.replace(/^http/, 'ws'))
  const query = { ...options.query, EIO: String(options.revision ?? 4), transport: 'websocket' }
  for (const [key, value] of Object.entries(query)) address.searchParams.set(key, value)
  return address.href
}
