import { connectNotifications } from '@carillon/client'
import { ClientEvent, channelStream, ServerEvent } from '@carillon/protocol'
import { until } from '@carillon/testkit'
import { io } from 'socket.io-client'
import type { Reader } from '../history.ts'
import { createBook, type Heard } from '../stage/live-reader.ts'
import { CONNECTION } from './store-senders.ts'

/** An application that reads one channel and writes down what it is handed and told. */
export interface ReaderApp {
  readonly record: Reader
  close(): void
}

const JOIN_MS = 30_000
const ASK_AGAIN_MS = 100

/** With the typed client. */
export async function startTyped(url: string, name: string, channel: string): Promise<ReaderApp> {
  const client = connectNotifications(url, { ...CONNECTION, auth: { user_id: name } })
  const stream = channelStream(channel)
  const book = createBook(stream)
  client.on('notification', ({ stream: of, id, epoch, offset, data }) => {
    if (of === stream) book.write({ kind: 'item', id, epoch, offset, key: String(data?.key) })
  })
  client.on('reset', ({ stream: of, reason }) => {
    if (of === stream) book.write({ kind: 'reset', reason })
  })
  await client.joinChannel(channel, { timeoutMs: JOIN_MS })
  return { record: { client: name, stream, joinedAt: null, seen: book.seen }, close: () => client.close() }
}

/** With a client that knows nothing of Carillon: it joins whenever it is connected, until it is let in. */
export async function startStock(url: string, name: string, channel: string): Promise<ReaderApp> {
  const socket = io(url, {
    ...CONNECTION,
    transports: ['websocket'],
    forceNew: true,
    auth: { user_id: name },
  })
  const stream = channelStream(channel)
  const book = createBook(stream)
  const join = (): void => void socket.emit(ClientEvent.JoinChannel, channel)
  let isJoined = false
  socket.onAny((event, data) => {
    const heard: Heard = { event, data }
    if (!isOfAnother(heard, stream)) book.hear(heard)
    if (heard.event === ServerEvent.ChannelJoined) isJoined = true
    // A store that is away refuses the join.
    const isRefused = heard.event === ServerEvent.ErrorMessage && heard.data.event === ClientEvent.JoinChannel
    if (isRefused) setTimeout(join, ASK_AGAIN_MS)
  })
  socket.on('connect', join)
  socket.on('disconnect', () => book.hear({ event: 'disconnect', data: null }))
  await until(() => isJoined, `${name} joins`, JOIN_MS)
  return {
    record: { client: name, stream, joinedAt: null, seen: book.seen, kind: 'stock' },
    close: () => void socket.disconnect(),
  }
}

/** What is lost of another stream is none of this reader's business; which one it is stands in the sentence. */
function isOfAnother({ event, data }: Heard, stream: string): boolean {
  if (event !== ServerEvent.ErrorMessage || data.code !== 'history-lost') return false
  return !data.errors.some((sentence) => sentence.includes(`'${stream}'`))
}
