import type { Item, Page, StreamKey } from '@carillon/store'

/** Items for rules: content does not matter to any of them. */
export const DEVOPS: StreamKey = { scope: '/', kind: 'channel', name: 'devops' }

export function item(offset: number, id = `n_${offset}`): Item {
  const content = { type: 'info', title: 't', message: 'm', data: null, sender: 's' } as const
  return { id, offset, timestamp: 0, expiresAt: null, content }
}

export function items(from: number, to: number): Item[] {
  return Array.from({ length: to - from + 1 }, (_, at) => item(from + at))
}

export function page(fields: Partial<Page>): Page {
  const read = fields.items ?? []
  const last = read.at(-1)?.offset ?? 0
  return { epoch: 'e1', head: last, base: 0, items: read, coveredTo: last, idAt: null, ...fields }
}

export function offsets(list: readonly Item[]): number[] {
  return list.map(({ offset }) => offset)
}
