import { ServerEvent } from '@carillon/protocol'
import { expect, test } from 'vitest'
import { createVerifier } from '../src/load/verify.ts'
import {
  authOf,
  enter,
  isComplete,
  onEvent,
  type ReturnKind,
  startVisit,
  type Visit,
  type Visitor,
} from '../src/load/visit.ts'
import { CHANNEL, nthNotification, SENDER } from '../src/work.ts'

const EPOCH = 'Mb2xR9'
const SINCE = { epoch: EPOCH, offset: 1 }
const VISITOR: Visitor = { pid: 'p', mark: 'm', since: SINCE, own: { b: { epoch: 'b', offset: 0 } } }
const MISSED = { from: 1, count: 3 }

type Frame = readonly [event: string, payload: unknown, mark?: unknown]

const greeting: Frame = [ServerEvent.ConnectionConfirmed, { pendingCount: 0, streams: {} }]
const answer = { channel: CHANNEL, pendingCount: 3, recovered: true, epoch: EPOCH, offset: 4 }
const joined = (changes: object = {}): Frame => [ServerEvent.ChannelJoined, { ...answer, ...changes }]
const item = (n: number, changes: object = {}) => ({
  ...nthNotification(n),
  id: `n_1780826400.00${n}`,
  sender: SENDER,
  timestamp: '2026-06-07T10:00:00.000Z',
  offset: n + 1,
  replayed: true,
  ...changes,
})
const single = (n: number, changes?: object): Frame => [ServerEvent.NotificationReceived, item(n, changes)]
const packet = (n: number): Frame => [ServerEvent.NotificationReceived, item(n), `mark ${n}`]
const batch = (numbers: readonly number[], changes: object = {}): Frame => [
  ServerEvent.NotificationsBatch,
  {
    stream: `c:${CHANNEL}`,
    epoch: EPOCH,
    upTo: 4,
    items: numbers.map((n) => item(n)),
    replayed: true,
    ...changes,
  },
]

/** Plays a return, as the server would, and says what was found. */
function play(kind: ReturnKind, frames: readonly Frame[], pid = 'p'): Visit {
  const verifier = createVerifier()
  const visit = startVisit({ kind, user: 'u-1', visitor: { ...VISITOR }, missed: MISSED, verifier })
  const ask = (_event: string, _args: readonly unknown[], onAnswer: (given: unknown) => void) =>
    onAnswer(answer)
  if (kind !== 'recovery') enter(visit, { emit: () => undefined, ask }, { sid: 's' }, () => undefined)
  for (const [event, payload, mark] of frames) onEvent(visit, event, payload, mark)
  // Recovery sends what was missed before it says that the namespace is joined.
  if (kind === 'recovery') enter(visit, { emit: () => undefined, ask }, { sid: 's', pid }, () => undefined)
  return visit
}

test.each([
  ['recovery', [packet(1), packet(2), packet(3)], 3],
  ['stock', [greeting, joined(), single(1), single(2), single(3)], 3],
  ['v2', [greeting, single(1), single(2), single(3)], 3],
  ['v2', [greeting, batch([1, 2, 3])], 1],
  ['v2', [greeting, batch([1, 2], { upTo: 3 }), batch([3])], 2],
] as const)('[BN6] a right return of %s is complete and without a complaint', (kind, frames, count) => {
  const visit = play(kind, frames)
  expect(visit.verifier.problems).toEqual([])
  expect(isComplete(visit)).toBe(true)
  expect(visit.frames).toBe(count)
})

test.each([
  ['recovery', [packet(1), packet(2)]],
  ['stock', [greeting, joined(), single(1), single(2)]],
  ['v2', [greeting, batch([1, 2])]],
  ['v2', [greeting]],
] as const)('[BN6] a return of %s with something missing is not complete', (kind, frames) => {
  expect(isComplete(play(kind, frames))).toBe(false)
})

test.each([
  ['a double', 'v2', [batch([1, 2, 3, 3])]],
  ['the wrong order in a batch', 'v2', [batch([2, 1, 3])]],
  ['an item more than was missed', 'stock', [joined(), single(1), single(2), single(3), single(3)]],
  ['a batch of another stream', 'v2', [batch([1, 2, 3], { stream: 'c:other' })]],
  ['a batch of another epoch', 'v2', [batch([1, 2, 3], { epoch: 'other' })]],
  ['a batch that ends before its items', 'v2', [batch([1, 2, 3], { upTo: 3 })]],
  ['a batch that does not say that it is late', 'v2', [batch([1, 2, 3], { replayed: undefined })]],
  ['a batch for a client that does not know it', 'stock', [joined(), batch([1, 2, 3])]],
  ['an item that does not say that it is late', 'stock', [joined(), single(1, { replayed: undefined })]],
  ['an item before the join', 'stock', [single(1)]],
  ['another count of pending ones', 'stock', [joined({ pendingCount: 2 })]],
  ['a return that was not recovered', 'stock', [joined({ recovered: false })]],
  ['a packet without a mark', 'recovery', [single(1), packet(2), packet(3)]],
  ['a refusal', 'stock', [[ServerEvent.ErrorMessage, { errors: ['no'] }]]],
] as const)('[BN6] %s is found', (_, kind, frames) => {
  expect(play(kind, [greeting, ...frames]).verifier.problems).not.toEqual([])
})

test('[BN6] recovery that began a new session is found, although everything came', () => {
  const { verifier } = play('recovery', [packet(1), packet(2), packet(3)], 'another')
  expect(verifier.problems[0]).toContain('was not recovered')
})

test('[BN6] each comes back with what it has: a session, a user, or positions', () => {
  const authFor = (kind: ReturnKind) => {
    const verifier = createVerifier()
    return authOf(startVisit({ kind, user: 'u-1', visitor: VISITOR, missed: MISSED, verifier }))
  }
  expect(authFor('recovery')).toMatchObject({ user_id: 'u-1', pid: 'p', offset: 'm' })
  expect(authFor('stock')).toEqual({ user_id: 'u-1', username: 'Alice u-1' })
  expect(authFor('v2')).toMatchObject({ notifications: { version: 2, since: VISITOR.own } })
})
