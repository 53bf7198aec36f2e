import type { NewEntry, StreamKey } from '@carillon/store'

/** All entries go here: one busy channel. */
export const STREAM: StreamKey = { scope: '/', kind: 'channel', name: 'devops' }

/** So many entries, numbered from `from`. The number is in the id and in the message, so that a mix-up shows. */
export function entriesFrom(from: number, count: number): NewEntry[] {
  return Array.from({ length: count }, (_, at) => entryOf(from + at))
}

export function idOf(number: number): string {
  return `n_${number}`
}

export function messageOf(number: number): string {
  return `Version ${number} is on its way to production`
}

function entryOf(number: number): NewEntry {
  const id = idOf(number)
  const message = messageOf(number)
  const content = { type: 'info', title: 'Deployment', message, data: { number }, sender: 'alice' } as const
  return {
    stream: STREAM,
    id,
    content,
    bytes: 120,
    ttlMs: null,
    sender: 'alice',
    key: id,
    hash: 'h',
  }
}
