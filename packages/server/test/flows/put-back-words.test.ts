/*
 * What the host said into a log that begins anew, or was put back.
 * Ids: G5, G8, S31
 */

import type { Control } from '@carillon/store'
import { turns } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { onNews } from '../../src/flows/news.ts'
import { elsewhere, OWN, settle, worldOf } from './put-back-world.ts'
import { ClientEvent } from './world.ts'

async function say(store: Parameters<typeof elsewhere>[0], control: Control, n: number) {
  const content = { type: 'info', title: '', message: '', data: null, sender: '', control } as const
  const id = `control-${n}`
  await store.append([{ stream: OWN, id, content, bytes: 0, ttlMs: null, sender: 'host', key: id, hash: '' }])
}

describe.each([
  ['disconnect', { action: 'disconnect' }],
  ['revoke', { action: 'revoke', channel: 'devops' }],
] as const)('%s', (_, control) => {
  test('[G8] [S31] is carried out also where the log of the user begins anew', async () => {
    const { world, store } = worldOf()
    const { session, peer } = world.connect({ user_id: 'alice' })
    await turns()
    world.request(session, ClientEvent.JoinChannel, 'devops')
    await turns()
    const before = await elsewhere(store, OWN, 3)
    for (const news of before) onNews(world.core, news)
    await turns()
    expect(peer.frames.filter(({ event }) => event === 'notification-received')).toHaveLength(3)
    // The store loses the log; another node, which serves nobody of it, says the word into the new one.
    await store.clear(OWN)
    await say(store, control, 1)
    const [head] = await store.heads([OWN])
    if (head === undefined) throw new Error('no head')
    onNews(world.core, { stream: OWN, epoch: head.epoch, head: head.offset, item: null })
    await settle(world)
    expect(peer.frames.some(({ payload }) => payload.code === 'history-lost')).toBe(true)
    const isDone = session.state === 'closed' || peer.frames.some(({ event }) => event === 'channel-left')
    expect(isDone).toBe(true)
  })
})
