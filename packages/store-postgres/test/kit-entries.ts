import type { Content, NewEntry, StreamKey } from '@carillon/store'

export const CONTENT: Content = {
  type: 'info',
  title: 'Title',
  message: 'Message',
  data: null,
  sender: 'Alice',
}

let made = 0

export function stream(name: string, kind: StreamKey['kind'] = 'channel'): StreamKey {
  return { scope: '/', kind, name }
}

export function entry(to: StreamKey, change: Partial<NewEntry> = {}): NewEntry {
  const id = `n-${process.pid}-${++made}`
  return {
    stream: to,
    id,
    content: CONTENT,
    bytes: 100,
    ttlMs: null,
    sender: 'alice',
    key: id,
    hash: 'h',
    ...change,
  }
}

export function entries(to: StreamKey, count: number, change: Partial<NewEntry> = {}): NewEntry[] {
  return Array.from({ length: count }, () => entry(to, change))
}
