import type { Head, Page, ReadQuery, StreamKey } from '@carillon/store'
import { streamIdOf } from './names.ts'
import type { Parts } from './parts.ts'
import { idOf, itemOf, listOf, numberOf, textOf } from './replies.ts'
import { HEAD, READ } from './scripts/read.ts'
import { callScript, unwrap } from './wire.ts'

export async function readPage(parts: Parts, stream: StreamKey, query: ReadQuery): Promise<Page> {
  const { names, streamArgs, wire } = parts
  const isBefore = 'before' in query
  const [direction, position] = isBefore ? ['before', query.before] : ['after', query.after]
  const args = [...streamArgs(), direction, ...[position, query.limit, query.maxBytes].map(String)]
  const reply = listOf(await callScript(wire, READ, { keys: names.keysOf(streamIdOf(stream)), args }))
  const [epoch, head, base, coveredTo, idAt, found] = reply
  const items = listOf(found).map(itemOf)
  return {
    epoch: textOf(epoch),
    head: numberOf(head),
    base: numberOf(base),
    items: isBefore ? items.reverse() : items,
    coveredTo: numberOf(coveredTo),
    idAt: idAt === '' ? null : idOf(idAt),
  }
}

export async function readHeads(parts: Parts, streams: readonly StreamKey[]): Promise<Head[]> {
  const { names, streamArgs, wire } = parts
  const ids = [...new Set(streams.map(streamIdOf))]
  const replies = await wire.run(
    HEAD,
    ids.map((id) => ({ keys: names.keysOf(id), args: streamArgs() })),
  )
  const heads = new Map(ids.map((id, at) => [id, headOf(unwrap(replies[at]))]))
  return streams.map((stream) => {
    const head = heads.get(streamIdOf(stream))
    if (head === undefined) throw new Error('Redis gave no answer for this stream')
    return head
  })
}

export function headOf(reply: unknown): Head {
  const [epoch, offset] = listOf(reply)
  return { epoch: textOf(epoch), offset: numberOf(offset) }
}
