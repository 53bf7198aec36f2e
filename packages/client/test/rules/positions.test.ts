import type { ConnectionConfirmed } from '@carillon/protocol'
import { expect, test } from 'vitest'
import { createPositionBook } from '../../src/rules/positions.ts'

const place = (offset: number, epoch = 'e1') => ({ epoch, offset, id: `i${offset}` })

function confirmed(more: Partial<ConnectionConfirmed>): ConnectionConfirmed {
  return {
    socketId: 's',
    serverTime: 't',
    version: 2,
    userId: 'alice',
    pendingCount: 0,
    hasMore: false,
    streams: {},
    limits: {},
    ...more,
  }
}

test('[G2] a first connection with nothing pending stands at the heads', () => {
  const book = createPositionBook()
  book.onConfirmed(
    confirmed({ streams: { b: { epoch: 'e1', offset: 4 }, u: { epoch: 'e1', offset: 2 } } }),
    {},
  )
  expect(book.ownStreams()).toEqual({ b: { epoch: 'e1', offset: 4 }, u: { epoch: 'e1', offset: 2 } })
})

test('[G2] while something is pending only the server knows where a stream without items stands', () => {
  const book = createPositionBook()
  const streams = { b: { epoch: 'e1', offset: 9 }, u: { epoch: 'e1', offset: 2 } }
  book.onConfirmed(confirmed({ pendingCount: 2, streams }), {})
  expect(book.ownStreams()).toEqual({})
  book.take('u', place(1))
  expect(book.ownStreams()).toEqual({ u: place(1) })
  book.take('u', place(2))
  // Both are here, so the broadcasts had none and stand at their head.
  expect(book.ownStreams()).toEqual({ u: place(2), b: { epoch: 'e1', offset: 9 } })
})

test('[G2] live ones do not count as pending ones', () => {
  const book = createPositionBook()
  const streams = { b: { epoch: 'e1', offset: 9 }, u: { epoch: 'e1', offset: 2 } }
  book.onConfirmed(confirmed({ pendingCount: 1, streams }), {})
  book.take('u', place(3))
  expect(book.ownStreams()).toEqual({ u: place(3) })
})

test('[G2] a greeting of more than one page says nothing about the streams that are silent', () => {
  const book = createPositionBook()
  const streams = { b: { epoch: 'e1', offset: 9 }, u: { epoch: 'e1', offset: 2 } }
  book.onConfirmed(confirmed({ pendingCount: 1, hasMore: true, streams }), {})
  book.take('u', place(1))
  expect(book.ownStreams()).toEqual({ u: place(1) })
})

test('[G3] what was taken once is not taken again, and streams do not disturb each other', () => {
  const book = createPositionBook()
  expect([book.take('c:a', place(1)), book.take('c:a', place(1)), book.take('c:b', place(1))]).toEqual([
    true,
    false,
    true,
  ])
  expect(book.since('c:a')).toEqual(place(1))
  book.forget('c:a')
  expect(book.since('c:a')).toBeNull()
  expect(book.take('c:a', place(1))).toBe(true)
})

test('[CL7] only what moved is told, each once, and again when it may have been lost', () => {
  const book = createPositionBook()
  book.onJoined('c:a', { epoch: 'e1', offset: 5, isComplete: true }, false)
  expect(book.hasMoved()).toBe(false)
  book.take('c:a', place(6))
  book.take('c:b', place(1))
  book.take('c:a', place(7))
  expect(book.takeMoved(1)).toEqual({ 'c:a': place(7) })
  expect(book.takeMoved(9)).toEqual({ 'c:b': place(1) })
  expect(book.takeMoved(9)).toEqual({})
  book.putBack({ 'c:a': place(7), 'c:gone': place(1) })
  expect(book.takeMoved(9)).toEqual({ 'c:a': place(7) })
})

test('[G2] what is held for a first listener is not told before it was handed over', () => {
  const book = createPositionBook()
  book.take('c:held', place(1))
  book.take('c:free', place(1))
  expect(book.takeMoved(9, (stream) => stream === 'c:held')).toEqual({ 'c:free': place(1) })
  expect(book.takeMoved(9)).toEqual({ 'c:held': place(1) })
})

test('[G7] a confirmation of a server that says less is taken as it is', () => {
  const book = createPositionBook()
  const { socketId, serverTime } = confirmed({})
  book.onConfirmed({ socketId, serverTime } as ConnectionConfirmed, {})
  expect(book.ownStreams()).toEqual({})
})

function shelf(kept: Record<string, unknown> = {}) {
  const written: string[] = []
  const book = createPositionBook({
    read: (stream) => (kept[stream] as ReturnType<typeof place>) ?? null,
    write(stream, position) {
      written.push(`${stream} ${position?.offset ?? 'gone'}`)
      kept[stream] = position
    },
  })
  return { book, written, kept }
}
const NONE_HELD = () => false

test('[CL14] a page goes on where the one before stopped', () => {
  const { book } = shelf({ 'c:a': place(7), b: place(3) })
  expect([book.since('c:a'), book.ownStreams()]).toEqual([place(7), { b: place(3) }])
  expect([book.take('c:a', place(7)), book.take('c:a', place(8))]).toEqual([false, true])
})

test('[CL14] only what moved is written, once, and not before it was handed over', () => {
  const { book, written } = shelf()
  book.take('c:held', place(1))
  book.take('c:free', place(1))
  book.keep((stream) => stream === 'c:held')
  expect(written).toEqual(['c:free 1'])
  book.keep(NONE_HELD)
  book.keep(NONE_HELD)
  expect(written).toEqual(['c:free 1', 'c:held 1'])
})

test('[CL14] the cut of a join is a position, too; what was left is gone', () => {
  const { book, written, kept } = shelf()
  book.onJoined('c:a', { epoch: 'e1', offset: 5, isComplete: true }, false)
  book.keep(NONE_HELD)
  book.forget('c:a')
  book.keep(NONE_HELD)
  expect([written, kept]).toEqual([['c:a 5', 'c:a gone'], { 'c:a': null }])
})

test('[CL14] somebody else begins anew', () => {
  const { book, written } = shelf()
  book.take('b', place(4))
  book.reset()
  book.keep(NONE_HELD)
  expect([book.ownStreams(), book.hasMoved(), written]).toEqual([{}, false, []])
})
