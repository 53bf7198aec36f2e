import { ClientEvent, type ServerEvent, type ServerPayload } from '@carillon/protocol'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { createRecorder } from './recorder.ts'
import { LIMIT_MS } from './until.ts'

export interface StockOptions extends Partial<ManagerOptions & SocketOptions> {
  /** Name in the messages of failures. @default 'stock client' */
  readonly name?: string
  /** How long `next` and `settle` wait. @default 5000 */
  readonly limitMs?: number
}

/** One event as the client got it; `connect`, `disconnect` and `connect_error` are recorded too. */
export interface Recorded {
  readonly event: string
  readonly args: readonly unknown[]
}

/** What the first argument of an event is: known for the protocol's events, anything for others. */
export type Payload<E extends string> = E extends ServerEvent ? ServerPayload<E> : unknown

/** Events by name, as both clients of the kit offer them. */
export interface EventLog {
  /** Every event in the order of arrival. */
  readonly records: readonly Recorded[]
  /**
   * Resolves to the first argument of the next such event. Each event is handed out once; one that arrived
   * before the call counts. Rejects after the limit with a list of what did arrive.
   */
  next<E extends string>(event: E, matches?: (payload: Payload<E>) => boolean): Promise<Payload<E>>
  /** First arguments of all such events so far. */
  all<E extends string>(event: E): Payload<E>[]
}

export interface StockClient extends EventLog {
  readonly socket: Socket
  /** Emits anything, as a client would that has no types. */
  emit(event: string, ...args: unknown[]): void
  /** Emits with an acknowledgement and resolves to its first argument. */
  ask(event: string, ...args: unknown[]): Promise<unknown>
  /**
   * A round trip: the server has read everything that was emitted before, and its synchronous answers have
   * arrived. Work that the server does behind a promise has begun, but may be under way.
   */
  settle(): Promise<void>
  /** Ends the connection for good. */
  close(): void
}

/**
 * A stock socket.io-client that knows nothing of Carillon. It is returned at once: emits wait for the
 * connection, as usual; `await client.next('connect')` waits for it in the test.
 */
export function connectStock(url: string, options: StockOptions = {}): StockClient {
  const { name = 'stock client', limitMs = LIMIT_MS, ...stock } = options
  const socket = io(url, { forceNew: true, autoConnect: false, reconnectionDelay: 20, ...stock })
  const recorder = createRecorder<Recorded>(name, limitMs)
  socket.onAny((event: string, ...args: unknown[]) => recorder.record({ event, args }))
  socket.on('connect', () => recorder.record({ event: 'connect', args: [] }))
  socket.on('disconnect', (reason) => recorder.record({ event: 'disconnect', args: [reason] }))
  socket.on('connect_error', (error) => recorder.record({ event: 'connect_error', args: [error] }))
  if (stock.autoConnect !== false) socket.connect()

  const ask = (event: string, ...args: unknown[]): Promise<unknown> =>
    socket.timeout(limitMs).emitWithAck(event, ...args)
  return {
    socket,
    ...eventLog(recorder.entries, recorder.next),
    emit: (event, ...args) => void socket.emit(event, ...args),
    ask,
    settle: () => settle(() => ask(ClientEvent.GetStats), name),
    close: () => void socket.close(),
  }
}

/** The questions about events, over any list of records. */
export function eventLog(
  records: readonly Recorded[],
  next: (matches: (entry: Recorded) => boolean, name: string) => Promise<Recorded>,
): EventLog {
  return {
    records,
    next: async <E extends string>(event: E, matches: (payload: Payload<E>) => boolean = () => true) => {
      const isIt = (entry: Recorded) => entry.event === event && matches(payloadOf(entry))
      return payloadOf<E>(await next(isIt, `"${event}"`))
    },
    all: <E extends string>(event: E) =>
      records.filter((entry) => entry.event === event).map((entry) => payloadOf<E>(entry)),
  }
}

/** A round trip that fails when nobody answers. */
export async function settle(roundTrip: () => Promise<unknown>, name: string): Promise<void> {
  try {
    await roundTrip()
  } catch (cause) {
    throw new Error(`${name}: nobody acknowledged "${ClientEvent.GetStats}", is Carillon attached?`, {
      cause,
    })
  }
}

// A test says by the event's name what it expects; what really came, its assertions find out.
function payloadOf<E extends string>(entry: Recorded): Payload<E> {
  return entry.args[0] as Payload<E>
}
