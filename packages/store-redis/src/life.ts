import type { Head, StreamKey } from '@carillon/store'
import { listed } from './cursors.ts'
import { groupBy } from './groups.ts'
import { streamIdOf } from './names.ts'
import type { Parts } from './parts.ts'
import { headOf } from './read.ts'
import { listOf, textOf } from './replies.ts'
import { CLEAR } from './scripts/life.ts'
import { type Command, callScript, unwrap } from './wire.ts'

/** Cursors that are forgotten in one step. */
const FORGET_STEP = 500

export function clearStream(parts: Parts, stream: StreamKey): Promise<Head> {
  return empty(parts, stream, '')
}

export async function forgetUser(parts: Parts, scope: string, user: string): Promise<void> {
  await empty(parts, { scope, kind: 'user', name: user }, 'cursors')
  await forgetListed(parts, scope, user, '*')
}

/** The user's cursors on one stream. */
export async function forgetOn(parts: Parts, scope: string, user: string, stream: StreamKey): Promise<void> {
  // In the name of a stream nothing stands for anything else.
  if (stream.scope === scope) await forgetListed(parts, scope, user, listed(streamIdOf(stream), '*'))
}

/** Every cursor of a user that is listed in such a way, in steps. */
async function forgetListed(parts: Parts, scope: string, user: string, pattern: string): Promise<void> {
  const key = parts.names.cursorsOfUser(scope, user)
  const rest = ['MATCH', pattern, 'COUNT', String(FORGET_STEP)]
  let place = '0'
  do {
    const [reply] = await parts.wire.send([['SSCAN', key, place, ...rest]])
    const [next, members] = listOf(unwrap(reply))
    await forgetCursors(parts, key, listOf(members).map(textOf))
    place = textOf(next)
  } while (place !== '0')
}

/**
 * The cursors first, then their places in the list: what is interrupted can be done again. Whoever has come back
 * meanwhile is put in the list again, or nobody would find that cursor the next time.
 */
async function forgetCursors({ names, wire }: Parts, key: string, members: readonly string[]): Promise<void> {
  if (members.length === 0) return
  const streams = [...groupBy(members, (member) => member.slice(0, member.indexOf(' ')))]
  const send = async (commands: readonly Command[]): Promise<unknown[]> =>
    (await wire.send(commands)).map(unwrap)
  const ofEach = (command: 'HDEL' | 'HMGET'): Promise<unknown[]> =>
    send(
      streams.map(([id, ofStream]) => {
        const [, , , cursors] = names.keysOf(id)
        return [command, cursors, ...ofStream.map((member) => member.slice(id.length + 1))]
      }),
    )
  await ofEach('HDEL')
  await send([['SREM', key, ...members]])
  const found = (await ofEach('HMGET')).map(listOf)
  const back = streams.flatMap(([, ofStream], at) =>
    ofStream.filter((_, index) => found[at]?.[index] !== null),
  )
  if (back.length > 0) await send([['SADD', key, ...back]])
}

async function empty(parts: Parts, stream: StreamKey, what: 'cursors' | ''): Promise<Head> {
  const { names, streamArgs, wire } = parts
  const message = parts.bulletin.next()
  const key = JSON.stringify([stream.scope, stream.kind, stream.name])
  const args = [...streamArgs(), names.channel, message.header, key, what]
  try {
    return headOf(await callScript(wire, CLEAR, { keys: names.keysOf(streamIdOf(stream)), args }))
  } catch (cause) {
    message.unsure()
    throw cause
  }
}
