import assert from 'node:assert/strict'
import type { NotificationStore, StreamKey, Subscriber } from '../port.ts'
import { HOSTILE_NAMES, type Rule, type Trial, user } from './trial.ts'

const DEVICES = [null, '', 'phone', 'alice'].map((device) => user('alice', device))
const OTHERS = ['bob', 'alic', 'alice2', 'alice:phone', 'ALICE', '']

/** Puts all of them at the ends of all streams. */
async function putAll(
  { store }: Trial,
  subscribers: readonly Subscriber[],
  places: readonly StreamKey[],
): Promise<void> {
  const heads = await store.heads(places)
  await store.moveCursors(
    subscribers.flatMap((subscriber) =>
      places.map((stream, at) => ({ subscriber, stream, to: heads[at] ?? null })),
    ),
  )
}

/** Who of them has a cursor where. */
async function whoIsThere(
  { cursors }: Trial,
  subscribers: readonly Subscriber[],
  places: readonly StreamKey[],
  store?: NotificationStore,
): Promise<boolean[][]> {
  const found: boolean[][] = []
  for (const subscriber of subscribers)
    found.push((await cursors(subscriber, places, store)).map((cursor) => cursor !== null))
  return found
}

export const forgetRules: readonly Rule[] = [
  {
    id: 'ST46',
    title: 'whoever is forgotten on one stream has no cursor there, on whatever device; nothing else is lost',
    run: async (trial) => {
      const { append, entry, readAll, scope, store, stream } = trial
      const devops = stream('devops')
      const own = stream('alice', 'user')
      const places = [
        devops,
        ...['devop', 'devops2', 'DEVOPS', 'alice', ''].map((name) => stream(name)),
        stream('devops', 'user'),
        stream('devops', 'broadcast'),
        own,
        { ...devops, scope: `${scope}2` },
      ]
      await append([entry(devops), entry(devops), entry(own)])
      const others = OTHERS.map((name) => user(name))
      await putAll(trial, [...DEVICES, ...others], places)
      const logs = [await readAll(devops), await readAll(own)]
      const expectLost = async (...lost: readonly StreamKey[]): Promise<void> => {
        const left = places.map((place) => !lost.includes(place))
        assert.deepEqual(
          await whoIsThere(trial, DEVICES, places),
          DEVICES.map(() => left),
        )
        assert.deepEqual(
          await whoIsThere(trial, others, places),
          others.map(() => places.map(() => true)),
        )
      }
      await store.forget(scope, 'nobody', devops)
      await store.forget(scope, 'alice', stream('never'))
      await expectLost()
      await store.forget(scope, 'alice', devops)
      await store.forget(scope, 'alice', devops)
      await expectLost(devops)
      await store.forget(scope, 'alice', own)
      await expectLost(devops, own)
      assert.deepEqual([await readAll(devops), await readAll(own)], logs)
      await putAll(trial, DEVICES, [devops])
      await expectLost(own)
      await store.forget(scope, 'alice', devops)
      await expectLost(devops, own)
    },
  },
  {
    id: 'ST47',
    title: 'nobody is forgotten on one stream for another one, whatever they and the streams are called',
    run: async (trial) => {
      const { scope, store, stream } = trial
      const places = HOSTILE_NAMES.map((name) => stream(name))
      const subscribers = HOSTILE_NAMES.flatMap((name) => [user(name), user(name, 'b')])
      await putAll(trial, subscribers, places)
      const before = subscribers.map(() => places.map(() => true))
      assert.deepEqual(await whoIsThere(trial, subscribers, places), before)
      for (const [at, name] of HOSTILE_NAMES.entries()) {
        const place = places[places.length - 1 - at] ?? stream(name)
        await store.forget(scope, name, place)
      }
      assert.deepEqual(
        await whoIsThere(trial, subscribers, places),
        before.map((row, who) => row.map((_, at) => at !== places.length - 1 - (who >> 1))),
      )
    },
  },
  {
    id: 'ST48',
    title: 'on a stream of another scope nobody is forgotten',
    run: async (trial) => {
      const { append, entry, scope, store, stream } = trial
      const elsewhere = { ...stream('devops'), scope: `${scope}2` }
      const places = [stream('devops'), elsewhere, { ...elsewhere, kind: 'user', name: 'alice' } as const]
      await append(places.map((place) => entry(place)))
      await putAll(trial, DEVICES, places)
      for (const place of places.slice(1)) await store.forget(scope, 'alice', place)
      assert.deepEqual(
        await whoIsThere(trial, DEVICES, places),
        DEVICES.map(() => [true, true, true]),
      )
      assert.deepEqual(
        (await store.heads(places)).map(({ offset }) => offset),
        [1, 1, 1],
      )
    },
  },
  {
    id: 'ST49',
    title:
      'who was forgotten on one stream is so for everybody on the same data, and when it is opened again',
    run: async (trial) => {
      const { append, entry, reopened, scope, store, stream } = trial
      if ((await store.durability()).level === 'none' && !store.shared) return
      const places = [stream('devops'), stream('orders')]
      await append(places.map((place) => entry(place)))
      await putAll(trial, DEVICES, places)
      const expectLost = async (there: NotificationStore): Promise<void> =>
        assert.deepEqual(
          await whoIsThere(trial, DEVICES, places, there),
          DEVICES.map(() => [false, true]),
        )
      const forget = (): Promise<void> => store.forget(scope, 'alice', places[0])
      if (store.shared) {
        await reopened(async (other) => {
          assert.deepEqual(
            await whoIsThere(trial, DEVICES, places, other),
            DEVICES.map(() => [true, true]),
          )
          await forget()
          await expectLost(other)
        })
      } else await forget()
      if ((await store.durability()).level === 'none') return
      await store.close()
      await reopened(expectLost)
    },
  },
]
