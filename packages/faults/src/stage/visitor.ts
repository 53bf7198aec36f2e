import {
  type Answer,
  type ChannelJoined,
  ClientEvent,
  channelStream,
  type JoinOptions,
  type Positions,
  ServerEvent,
} from '@carillon/protocol'
import { until } from '@carillon/testkit'
import { io, type Socket } from 'socket.io-client'
import { type Book, createBook } from './live-reader.ts'
import { type Line, optionsOf, START_MS } from './readers.ts'

/** A client that is moved by hand: it joins, leaves and acknowledges when it is told to, and not by itself. */
export interface Visitor {
  readonly socket: Socket
  /** Resolves when it was told where it joins; what follows is in the book of the visit. */
  join(channel: string, options?: JoinOptions): Promise<Visit>
  leave(channel: string): Promise<void>
  acknowledge(positions: Positions): Promise<void>
  close(): void
}

export interface Visit {
  readonly joined: ChannelJoined
  readonly book: Book
}

/** The versions of the protocol that a visitor can speak. */
export type Tongue = 'stock' | 'v2'

export async function startVisitor(line: Line, tongue: Tongue): Promise<Visitor> {
  const { auth, ...options } = optionsOf(line)
  const notifications = tongue === 'v2' ? { notifications: { version: 2 } } : {}
  const socket = io(line.url, { ...options, auth: { ...auth, ...notifications } })
  const books = new Map<string, Book>()
  socket.onAny((event, data) => {
    for (const book of books.values()) book.hear({ event, data })
  })

  function join(channel: string, given: JoinOptions = {}): Promise<Visit> {
    const stream = channelStream(channel)
    return new Promise((resolve, reject) => {
      // At once, in the order of the wire: what follows may come in the same turn.
      socket.emit(ClientEvent.JoinChannel, channel, given, (answer: Answer<ChannelJoined>) => {
        if (!answer.ok) return reject(new Error(answer.errors.join(' ')))
        const book = createBook(stream)
        book.hear({ event: ServerEvent.ChannelJoined, data: answer })
        books.set(stream, book)
        resolve({ joined: answer, book })
      })
    })
  }

  await until(() => socket.connected, `${line.user} connects`, START_MS)
  return {
    socket,
    join,
    async leave(channel) {
      await socket.timeout(START_MS).emitWithAck(ClientEvent.LeaveChannel, channel)
      books.delete(channelStream(channel))
    },
    async acknowledge(positions) {
      await socket.timeout(START_MS).emitWithAck(ClientEvent.AckNotifications, positions)
    },
    close: () => void socket.disconnect(),
  }
}
