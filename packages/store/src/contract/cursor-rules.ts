import assert from 'node:assert/strict'
import type { CursorQuestion, Head, Subscriber } from '../port.ts'
import { HOSTILE_NAMES, only, type Rule, type Trial, times, user } from './trial.ts'

const alice = user('alice')

/** A stream with so many items, and a place in it. */
async function filled(
  { append, entry, stream }: Trial,
  name: string,
  count: number,
): Promise<(at: number) => Head> {
  const written = await append(times(count, () => entry(stream(name))))
  const epoch = written[0]?.epoch ?? ''
  return (offset) => ({ epoch, offset })
}

export const cursorRules: readonly Rule[] = [
  {
    id: 'ST26',
    title: 'cursors come in the order asked for, null where nothing is known',
    run: async (trial) => {
      const { cursors, store, stream } = trial
      const [a, b, c] = [stream('a'), stream('b'), stream('c')]
      const inA = await filled(trial, 'a', 3)
      const inB = await filled(trial, 'b', 3)
      await store.moveCursors([])
      assert.deepEqual(await cursors(alice, [a, b, c]), [null, null, null])
      await store.moveCursors([
        { subscriber: alice, stream: a, to: inA(2) },
        { subscriber: alice, stream: b, to: inB(0) },
      ])
      assert.deepEqual(await cursors(alice, [c, b, a, b]), [null, inB(0), inA(2), inB(0)])
      assert.deepEqual(await cursors(alice, []), [])
    },
  },
  {
    id: 'ST27',
    title: 'a cursor never moves back',
    run: async (trial) => {
      const { cursors, store, stream } = trial
      const devops = stream('devops')
      const at = await filled(trial, 'devops', 9)
      const moveTo = (...offsets: number[]): Promise<void> =>
        store.moveCursors(offsets.map((offset) => ({ subscriber: alice, stream: devops, to: at(offset) })))
      await moveTo(7)
      await moveTo(3)
      assert.deepEqual(await cursors(alice, [devops]), [at(7)])
      await moveTo(8, 9, 4)
      await Promise.all([5, 9, 1].map((offset) => moveTo(offset)))
      assert.deepEqual(await cursors(alice, [devops]), [at(9)])
    },
  },
  {
    id: 'ST28',
    title: 'a move in another epoch changes nothing',
    run: async (trial) => {
      const { cursors, store, stream } = trial
      const [devops, orders] = [stream('devops'), stream('orders')]
      const at = await filled(trial, 'devops', 3)
      await store.moveCursors([{ subscriber: alice, stream: devops, to: at(1) }])
      const to = { epoch: 'some-other-epoch', offset: 3 }
      await store.moveCursors([
        { subscriber: alice, stream: devops, to },
        { subscriber: alice, stream: orders, to },
      ])
      assert.deepEqual(await cursors(alice, [devops, orders]), [at(1), null])
    },
  },
  {
    id: 'ST29',
    title: 'each user and each device has a cursor of its own, whatever they are called',
    run: async (trial) => {
      const { cursors, store, stream } = trial
      const devops = stream('devops')
      const subscribers = HOSTILE_NAMES.flatMap((name) => [user(name), user(name, 'b'), user('a', name)])
      const unique = subscribers.filter(
        (it, at) =>
          at === subscribers.findIndex((other) => other.user === it.user && other.device === it.device),
      )
      const at = await filled(trial, 'devops', unique.length)
      const moves = unique.map((subscriber, index) => ({ subscriber, stream: devops, to: at(index) }))
      await store.moveCursors(moves)
      for (const { subscriber, to } of moves) {
        assert.deepEqual(await cursors(subscriber, [devops]), [to])
      }
    },
  },
  {
    id: 'ST30',
    title: 'a move to null forgets that cursor and no other',
    run: async (trial) => {
      const { cursors, store, stream } = trial
      const [devops, orders] = [stream('devops'), stream('orders')]
      const inDevops = await filled(trial, 'devops', 3)
      const inOrders = await filled(trial, 'orders', 3)
      const phone = user('alice', 'phone')
      await store.moveCursors([
        { subscriber: alice, stream: devops, to: inDevops(3) },
        { subscriber: phone, stream: devops, to: inDevops(2) },
        { subscriber: alice, stream: orders, to: inOrders(1) },
      ])
      await store.moveCursors([{ subscriber: alice, stream: devops, to: null }])
      assert.deepEqual(await cursors(alice, [devops, orders]), [null, inOrders(1)])
      assert.deepEqual(await cursors(phone, [devops]), [inDevops(2)])
      await store.moveCursors([{ subscriber: alice, stream: devops, to: inDevops(1) }])
      assert.deepEqual(await cursors(alice, [devops]), [inDevops(1)])
    },
  },
  {
    id: 'ST31',
    title: 'a cursor may stand on a stream that is still empty',
    run: async ({ append, cursors, entry, store, stream }) => {
      const devops = stream('devops')
      const head = only(await store.heads([devops]))
      await store.moveCursors([{ subscriber: alice, stream: devops, to: head }])
      assert.deepEqual(await cursors(alice, [devops]), [{ ...head }])
      const written = only(await append([entry(devops)]))
      assert.equal(written.epoch, head.epoch)
      assert.deepEqual(await cursors(alice, [devops]), [{ ...head }])
    },
  },
  {
    id: 'ST32',
    title: 'heads come in the order asked for',
    run: async (trial) => {
      const { store, stream } = trial
      const inA = await filled(trial, 'a', 1)
      const inB = await filled(trial, 'b', 2)
      const [b, nothing, a, again] = await store.heads([stream('b'), stream('c'), stream('a'), stream('b')])
      assert.deepEqual([{ ...b }, { ...a }, { ...again }], [inB(2), inA(1), inB(2)])
      assert.equal(nothing?.offset, 0)
      assert.deepEqual(await store.heads([]), [])
    },
  },
  {
    id: 'ST33',
    title: 'a question with a start puts those there who have no cursor, and nobody else',
    run: async (trial) => {
      const { cursors, store, stream } = trial
      const [devops, orders] = [stream('devops'), stream('orders')]
      const at = await filled(trial, 'devops', 9)
      const [bob, carol] = [user('bob'), user('carol')]
      await store.moveCursors([{ subscriber: bob, stream: devops, to: at(3) }])
      const ask = (subscriber: Subscriber, start: Head | null): CursorQuestion => ({
        subscriber,
        stream: devops,
        start,
      })
      const elsewhere = { epoch: 'some-other-epoch', offset: 1 }
      const questions = [ask(alice, at(9)), ask(bob, at(9)), ask(carol, elsewhere), ask(alice, at(2))]
      const answers = await store.cursors([...questions, ask(carol, null)])
      assert.deepEqual(
        answers.map((cursor) => cursor && { ...cursor }),
        [null, at(3), null, at(9), null],
      )
      for (const [subscriber, cursor] of [
        [alice, at(9)] as const,
        [bob, at(3)] as const,
        [carol, null] as const,
      ]) {
        assert.deepEqual(await cursors(subscriber, [devops, orders]), [cursor, null])
      }
    },
  },
  {
    id: 'ST44',
    title: 'a move beyond the end of the stream changes nothing, and a start beyond it is one at the end',
    run: async (trial) => {
      const { append, cursors, entry, store, stream } = trial
      const [devops, orders] = [stream('devops'), stream('orders')]
      const at = await filled(trial, 'devops', 3)
      const [bob, carol] = [user('bob'), user('carol')]
      const moves = (subscriber: Subscriber, ...offsets: number[]): Promise<void> =>
        store.moveCursors(offsets.map((offset) => ({ subscriber, stream: devops, to: at(offset) })))
      await moves(alice, 2)
      await moves(alice, 4)
      await moves(bob, 4)
      assert.deepEqual(await cursors(alice, [devops]), [at(2)], 'a cursor that is there stays')
      assert.deepEqual(await cursors(bob, [devops]), [null], 'none is put')
      await moves(bob, 1_000_000, 2, 4)
      assert.deepEqual(await cursors(bob, [devops]), [at(2)], 'the others of a call count')
      await store.cursors([{ subscriber: carol, stream: devops, start: at(4) }])
      assert.deepEqual(await cursors(carol, [devops]), [at(3)], 'a start beyond the end')
      const empty = only(await store.heads([orders]))
      const beyond = { ...empty, offset: 1 }
      await store.moveCursors([{ subscriber: alice, stream: orders, to: beyond }])
      await store.cursors([{ subscriber: carol, stream: orders, start: beyond }])
      assert.deepEqual(await cursors(alice, [orders]), [null])
      assert.deepEqual(await cursors(carol, [orders]), [{ ...empty }])
      // What is written there from now on has been seen by nobody.
      assert.equal(only(await append([entry(devops)])).offset, 4)
      const known = [alice, bob, carol].map((subscriber) => cursors(subscriber, [devops]))
      assert.deepEqual((await Promise.all(known)).flat(), [at(2), at(2), at(3)])
      await moves(alice, 4)
      assert.deepEqual(await cursors(alice, [devops]), [at(4)])
    },
  },
]
