import { createMemoryStore, type NewEntry } from '@carillon/store'
import { deferred, nextTurn } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { ClientEvent, createWorld, ServerEvent } from './world.ts'

const NOTE = { channel: 'shop', title: 't', message: 'm' }

test('[G1] a slow schema keeps the order of one socket on one stream, and of nothing else', async () => {
  const gate = deferred<unknown>()
  const kinds = new Map<string, () => unknown>([
    ['slow', () => gate.promise],
    ['quick', () => ({ value: {} })],
  ])
  const world = createWorld({ hooks: { kinds } })
  const [alice, bob] = [world.connect({}), world.connect({})]
  for (const { session } of [alice, bob]) world.request(session, ClientEvent.JoinChannel, 'shop')
  await nextTurn()
  const send = (who: typeof alice, fields: object): void =>
    world.request(who.session, ClientEvent.SendNotification, { ...NOTE, ...fields })
  send(alice, { kind: 'slow', title: 'alice 1' })
  send(alice, { kind: 'quick', title: 'alice 2' })
  send(alice, { title: 'alice 3' })
  send(bob, { kind: 'quick', title: 'bob' })
  await nextTurn()
  gate.resolve({ value: null })
  await nextTurn()
  const titles = bob.peer.frames
    .filter(({ event }) => event === ServerEvent.NotificationReceived)
    .map(({ payload }) => payload.title)
  expect(titles).toEqual(['bob', 'alice 1', 'alice 2', 'alice 3'])
})

test('[P-KEY] the fingerprint of a send without a kind is what it was before there were kinds', async () => {
  const entries: NewEntry[] = []
  const store = createMemoryStore()
  const world = createWorld({
    store: () => ({
      ...store,
      append(given) {
        entries.push(...given)
        return store.append(given)
      },
    }),
  })
  const { session } = world.connect({})
  await nextTurn()
  const keyed = { ...NOTE, data: { a: 1 }, ttl: 60, idempotencyKey: 'k' }
  world.request(session, ClientEvent.SendNotification, keyed)
  world.request(session, ClientEvent.SendNotification, { ...keyed, kind: 'a' })
  await nextTurn()
  expect(entries.map(({ hash }) => hash)).toEqual([
    '["info","t","m",{"a":1},60,null]',
    '["info","t","m",{"a":1},60,null,"a"]',
  ])
  expect(entries[0]?.content).not.toHaveProperty('kind')
  expect(entries[1]?.content.kind).toBe('a')
})
