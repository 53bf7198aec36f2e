import type { News, StreamKey } from '@carillon/store'
import { contentOf, listOf, numberOf, textOf } from './replies.ts'

/** A message of the channel: who sent it, the sender's number for it, and what it tells, if anything. */
export interface Message {
  readonly node: string
  readonly number: number
  readonly body: string
}

/** `null` for what no store has sent. */
export function parseMessage(text: string): Message | null {
  const match = HEADER.exec(text)
  if (match === null) return null
  const [header, node = '', number = ''] = match
  return { node, number: Number(number), body: text.slice(header.length) }
}

const HEADER = /^([\w-]{1,40}) (\d{1,15})(?: |$)/

/** The news of a message, one per item. Empty for a body that tells nothing, or that no store has written. */
export function newsOf(body: string): News[] {
  if (body === '') return []
  try {
    const [key, epochText, headText, items] = listOf(JSON.parse(body))
    const stream = streamOf(key)
    const epoch = textOf(epochText)
    const told = listOf(items).map((item): News => {
      const [offset, timestamp, expiresAt, id, content] = listOf(item)
      const head = numberOf(offset)
      const times = {
        timestamp: numberOf(timestamp),
        expiresAt: expiresAt === null ? null : numberOf(expiresAt),
      }
      return {
        stream,
        epoch,
        head,
        item: { id: textOf(id), offset: head, ...times, content: contentOf(content) },
      }
    })
    return told.length > 0 ? told : [{ stream, epoch, head: numberOf(headText), item: null }]
  } catch {
    return []
  }
}

function streamOf(value: unknown): StreamKey {
  const [scope, kind, name] = listOf(value)
  if (kind !== 'channel' && kind !== 'broadcast' && kind !== 'user') throw new Error('no kind of stream')
  return { scope: textOf(scope), kind, name: textOf(name) }
}
