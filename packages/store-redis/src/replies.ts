import type { Content, Item } from '@carillon/store'

/*
 * What Redis answers, as the types that the rest of the store works with. Numbers may come as text: scripts write
 * large ones so, and a client can be told to.
 */

export function listOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw new Error(`Redis answered ${typeof reply} where a list was expected`)
}

export function textOf(reply: unknown): string {
  if (typeof reply === 'string') return reply
  if (typeof reply === 'number') return String(reply)
  throw new Error(`Redis answered ${typeof reply} where text was expected`)
}

export function numberOf(reply: unknown): number {
  const number = Number(textOf(reply))
  if (Number.isFinite(number)) return number
  throw new Error('Redis answered text where a number was expected')
}

/** Empty text stands for "none". */
export function numberOrNull(reply: unknown): number | null {
  return reply === '' ? null : numberOf(reply)
}

/** An item as the scripts give it: offset, time, expiry, and the JSON of its id and its content. */
export function itemOf(reply: unknown): Item {
  const [offset, timestamp, expiresAt, id, content] = listOf(reply)
  return {
    id: idOf(id),
    offset: numberOf(offset),
    timestamp: numberOf(timestamp),
    expiresAt: numberOrNull(expiresAt),
    content: contentOf(JSON.parse(textOf(content))),
  }
}

export function idOf(reply: unknown): string {
  return textOf(JSON.parse(textOf(reply)))
}

export function contentOf(value: unknown): Content {
  if (isContent(value)) return value
  throw new Error('Redis holds something under a name of ours that is no notification')
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false
  return 'type' in value && 'title' in value && 'message' in value && 'data' in value && 'sender' in value
}
