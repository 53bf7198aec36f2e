/*
 * Several attachments on one connection: one of them decides what of it is heard later.
 * Ids: P-SHARE
 */
import { expect, test } from 'vitest'
import type { Attention } from '../../src/edge/attention.ts'
import { dismiss, keepIfLate, type Packet } from '../../src/edge/hearing.ts'
import { raw, stage } from './stage.ts'

/** Keeps what it is told to keep, and notes what it was asked about. */
function attentionThat(keeps: boolean): Attention & { readonly asked: unknown[] } {
  const asked: unknown[] = []
  return {
    asked,
    keeps(_, { data }) {
      asked.push(data)
      return keeps
    },
    forget() {},
    release() {},
  }
}

test('[P-SHARE] as long as one attachment hears a connection, no other keeps anything of it', async () => {
  const { url, io } = await stage()
  const client = raw(url)
  await client.next('connection-confirmed')
  const conn = [...io.sockets.sockets.values()][0]?.conn
  if (conn === undefined) throw new Error('nobody is here')
  const [lenient, strict] = [attentionThat(false), attentionThat(true)]
  const hear = (data: number): Packet => {
    const packet = { type: 'message', data }
    for (const attention of [lenient, strict]) {
      keepIfLate(attention, conn, packet, { data, weight: 1, isHello: false })
    }
    return packet
  }
  expect([hear(1).type, hear(2).type]).toEqual(['message', 'message'])
  expect([lenient.asked, strict.asked]).toEqual([[1, 2], []])
  // Who does not hear it cannot give it up.
  dismiss(strict, conn)
  hear(3)
  dismiss(lenient, conn)
  keepIfLate(strict, conn, { type: 'message' }, { data: 4, weight: 1, isHello: false })
  expect(hear(5).type).toBe('noop')
  expect([lenient.asked, strict.asked]).toEqual([
    [1, 2, 3],
    [4, 5],
  ])
})
