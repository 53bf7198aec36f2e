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
