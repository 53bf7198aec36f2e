import type { command } from '../../src/flows/controls.ts'
import { onNews } from '../../src/flows/news.ts'
import type { World } from './world.ts'

let said = 0

/** Another node's `revoke` or `disconnectUser` of alice: this one hears of it when the answer is called. */
export async function saidElsewhere(
  world: World,
  control: Parameters<typeof command>[2],
): Promise<() => void> {
  const stream = { scope: '/', kind: 'user', name: 'alice' } as const
  const id = `elsewhere-${++said}`
  const content = { type: 'info', title: '', message: '', data: null, sender: '', control } as const
  await world.store.append([
    { stream, id, content, bytes: 0, ttlMs: null, sender: 'host', key: id, hash: '' },
  ])
  const [head] = await world.store.heads([stream])
  if (head === undefined) throw new Error('no head')
  return () => onNews(world.core, { stream, epoch: head.epoch, head: head.offset, item: null })
}
