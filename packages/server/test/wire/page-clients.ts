import type { EventLog, Payload, Recorded } from '@carillon/testkit'
import { until, within } from '@carillon/testkit'
import { io as io48 } from 'socket.io-client'
import { io as io45 } from 'socket.io-client-4.5'
import { afterTest } from './stage.ts'

/** A stock client as somebody writes it who has read the protocol page and nothing else. */
export interface PageClient extends EventLog {
  id(): string | undefined
  emit(event: string, ...args: unknown[]): void
  /** One acknowledged round trip. */
  settle(): Promise<void>
  close(): void
}

/** Every client and transport that the page must work with. */
export const CLIENTS = [
  { client: '4.8', transport: 'websocket' },
  { client: '4.8', transport: 'polling' },
  { client: '4.5', transport: 'websocket' },
  { client: '4.5', transport: 'polling' },
] as const

export type Kind = (typeof CLIENTS)[number]

/** What the two versions have in common. */
interface AnySocket {
  readonly id?: string | undefined
  connect(): unknown
  close(): unknown
  on(event: string, listener: (...args: never[]) => void): unknown
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown
  emit(event: string, ...args: unknown[]): unknown
}

const LIMIT_MS = 5_000

/** Connects with the options of the page: `io('/', { path: '/socket.io/', auth, reconnection… })`. */
export function pageClient(kind: Kind, url: string, auth?: Readonly<Record<string, unknown>>): PageClient {
  const options = {
    path: '/socket.io/',
    reconnection: true,
    reconnectionAttempts: 5,
    reconnectionDelay: 1000,
    transports: [kind.transport],
    forceNew: true,
    autoConnect: false,
    ...(auth === undefined ? {} : { auth }),
  }
  const socket: AnySocket = kind.client === '4.8' ? io48(url, options) : io45(url, options)
  const records: Recorded[] = []
  socket.onAny((event, ...args) => records.push({ event, args }))
  socket.on('connect', () => records.push({ event: 'connect', args: [] }))
  socket.connect()
  afterTest(() => socket.close())
  const roundTrip = () => new Promise<void>((resolve) => socket.emit('get-stats', () => resolve()))
  return {
    records,
    ...questions(records),
    id: () => socket.id,
    emit: (event, ...args) => void socket.emit(event, ...args),
    settle: () => within(roundTrip(), LIMIT_MS, 'a round trip'),
    close: () => void socket.close(),
  }
}

function questions(records: readonly Recorded[]): Pick<EventLog, 'next' | 'all'> {
  const taken = new Set<Recorded>()
  const payloadOf = <E extends string>({ args }: Recorded) => args[0] as Payload<E>
  return {
    async next<E extends string>(event: E, matches: (payload: Payload<E>) => boolean = () => true) {
      const isIt = (entry: Recorded) =>
        !taken.has(entry) && entry.event === event && matches(payloadOf<E>(entry))
      const entry = await until(() => records.find(isIt), `"${event}"`, LIMIT_MS)
      taken.add(entry)
      return payloadOf<E>(entry)
    },
    all: <E extends string>(event: E) =>
      records.filter((entry) => entry.event === event).map((entry) => payloadOf<E>(entry)),
  }
}
