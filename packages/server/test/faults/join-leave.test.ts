/*
 * Joins and leaves that overtake each other in the rights of the host.
 * Ids: P-ORDER, G8
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type RawClient, seed, until } from '@carillon/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { note, raw, stage, V2 } from '../wire/stage.ts'

const CLIENTS = 20
const ROUNDS = 50
const CHANNELS = ['devops', 'orders'] as const
const LONGEST_MS = 6

type Intent = { readonly request: 'join-channel' | 'leave-channel'; readonly channel: string }

/** What each client asks for in one go, for each client of a round. */
const plans = fc.array(
  fc.array(
    fc.record({
      request: fc.constantFrom('join-channel', 'leave-channel'),
      channel: fc.constantFrom(...CHANNELS),
    }),
    {
      minLength: 2,
      maxLength: 5,
    },
  ),
  { minLength: CLIENTS, maxLength: CLIENTS },
)

test('[P-ORDER] [R43] a thousand sequences of joins and leaves, however late each is allowed, end as they were meant', async () => {
  const authorize = async ({ action }: { readonly action: string }) => {
    if (action === 'join') await sleep(Math.random() * LONGEST_MS)
    return true
  }
  const { url, io, notifications } = await stage({ authorize })
  const clients = Array.from({ length: CLIENTS }, () => raw(url, { auth: V2 }))
  await Promise.all(clients.map((client) => client.next('connection-confirmed')))
  const wanted = clients.map(() => new Set<string>())

  for (const [round, plan] of fc.sample(plans, { seed: seed(), numRuns: ROUNDS }).entries()) {
    await Promise.all(clients.flatMap((client, at) => ask(client, plan[at] ?? [], wanted[at] ?? new Set())))
    for (const channel of CHANNELS) {
      const title = `round ${round}`
      const members = clients.filter((_, at) => wanted[at]?.has(channel))
      const counts = await notifications.channels()
      expect(counts.find(({ name }) => name === channel)?.clientCount ?? 0).toBe(members.length)
      await notifications.send(note(channel, title))
      // Everything that was emitted before the answer of each has arrived: nobody else got it either.
      await Promise.all(clients.map((client) => client.settle()))
      expect(clients.filter((client) => hasGot(client, channel, title))).toEqual(members)
    }
  }

  await Promise.all(clients.map((client) => client.close()))
  await until(() => io.of('/').sockets.size === 0, 'the server notices')
  expect(await notifications.channels()).toEqual([])
})

/** Everything at once; what was asked for last counts. */
function ask(client: RawClient, plan: readonly Intent[], wanted: Set<string>): Promise<unknown>[] {
  return plan.map(({ request, channel }) => {
    if (request === 'join-channel') wanted.add(channel)
    else wanted.delete(channel)
    return client.sendEventWithAck(request, channel)
  })
}

function hasGot(client: RawClient, channel: string, title: string): boolean {
  return client
    .all('notification-received')
    .some((received) => received.channel === channel && received.title === title)
}
