import { connect as connectTcp, type Socket } from 'node:net'
import { ServerEvent } from '@carillon/protocol'
import { WebSocket } from 'ws'

/** One raw client: Engine.IO 4 and Socket.IO 5 by hand, so that the load costs as little as it can. */
export interface Connection {
  emit(event: string, ...args: unknown[]): void
  /** Emits with an acknowledgement. */
  ask(event: string, args: readonly unknown[], onAnswer: (answer: unknown) => void): void
  /** The same with what `textOf` made before, and what comes is handed over as it came: to be parsed when there is time. */
  askRaw(text: string, onAnswer: (text: string) => void): void
  end(): void
}

export interface Handlers {
  /** The namespace is joined; `answer` is what the server says to it. */
  readonly onConnected: (connection: Connection, answer: unknown) => void
  /** `mark` is what connection state recovery puts behind the payload. */
  readonly onEvent: (event: string, payload: unknown, bytes: number, mark: unknown) => void
  /** Gets the frames of notifications instead of `onEvent`, as they came: to be parsed when there is time. */
  readonly onNotification?: (text: string) => void
  /** The connection failed or ended before `end()`. */
  readonly onEnd: (why: string) => void
}

const NOTIFICATION = `42["${ServerEvent.NotificationReceived}",`

/** An event and its arguments as they are sent. */
export function textOf(event: string, args: readonly unknown[]): string {
  return JSON.stringify([event, ...args])
}

/** The last thing in a frame: the payload of an event, or an answer. */
export function payloadOf(text: string): unknown {
  const args: unknown[] = JSON.parse(text.slice(text.indexOf('[')))
  return args.at(-1)
}

export function connect(url: string, auth: object, handlers: Handlers): Connection {
  const tcp = connectTcp(Number(new URL(url).port), new URL(url).hostname)
  const ws = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    createConnection: () => tcp,
  })
  const asked = new Map<number, (text: string) => void>()
  let lastAckId = 0
  let ending = false
  const connection: Connection = {
    emit: (event, ...args) => ws.send(`42${textOf(event, args)}`),
    ask: (event, args, onAnswer) =>
      connection.askRaw(textOf(event, args), (text) => onAnswer(payloadOf(text))),
    askRaw: (text, onAnswer) => {
      asked.set(++lastAckId, onAnswer)
      holdForTurn(tcp)
      ws.send(`42${lastAckId}${text}`)
    },
    end: () => {
      ending = true
      ws.terminate()
    },
  }

  function onPacket(text: string): void {
    if (handlers.onNotification !== undefined && text.startsWith(NOTIFICATION)) handlers.onNotification(text)
    else if (text.startsWith('42')) {
      const [event, payload, mark]: [string, unknown, unknown] = JSON.parse(text.slice(2))
      handlers.onEvent(event, payload, text.length, mark)
    } else if (text.startsWith('43')) {
      const ackId = Number(text.slice(2, text.indexOf('[')))
      asked.get(ackId)?.(text)
      asked.delete(ackId)
    } else if (text.startsWith('40')) handlers.onConnected(connection, JSON.parse(text.slice(2)))
    else if (text === '2') ws.send('3')
    else if (text.startsWith('0')) ws.send(`40${JSON.stringify(auth)}`)
    else handlers.onEnd(`unexpected frame ${text}`)
  }
  ws.on('message', (data) => onPacket(data.toString()))
  ws.on('error', (error) => handlers.onEnd(error.message))
  ws.on('close', (code) => ending || handlers.onEnd(`closed with ${code}`))
  return connection
}

/** What answers frames that came together leaves together, in one system call: these cost more than all else here. */
function holdForTurn(tcp: Socket): void {
  if (tcp.writableCorked > 0) return
  tcp.cork()
  process.nextTick(() => tcp.uncork())
}
