import { ClientEvent } from '@carillon/protocol'
import { expect, test } from 'vitest'
import { beginPaces, createPace, createPaces } from '../../src/rules/pace.ts'

/** A pace of so many in 1000 ms, and a server's counting of whatever window. */
function paceOf(most: number) {
  const pace = createPace()
  pace.begin(0, most, 1_000)
  return pace
}

test('[CL4] [P-RATE] as many go out at once as the server allows, and the next when a window has passed for sure', () => {
  const pace = paceOf(2)
  expect(pace.freeAt(0)).toBe(0)
  pace.onSent()
  pace.onSent()
  // When the server counted them is not known before their answers.
  expect(pace.freeAt(0)).toBe(Number.POSITIVE_INFINITY)
  pace.onAnswered(20, 0)
  pace.onAnswered(30, 0)
  expect(pace.freeAt(100)).toBe(1_070)
  expect(pace.freeAt(1_070)).toBeLessThanOrEqual(1_070)
  pace.onSent()
  expect(pace.freeAt(1_070)).toBe(1_080)
})

test('[CL4] [P-RATE] no window holds more than the server allows, wherever it begins', () => {
  const pace = paceOf(5)
  const counted: number[] = []
  for (let now = 0; now < 10_000; now += 7) {
    if (now % 3 === 0 && pace.freeAt(now) <= now) {
      pace.onSent()
      pace.onAnswered(now + 4, 0)
      counted.push(now + (now % 5))
    }
  }
  expect(counted.length).toBeGreaterThan(40)
  for (const begin of counted) {
    expect(counted.filter((at) => at >= begin && at < begin + 1_000).length).toBeLessThanOrEqual(5)
  }
})

test('[CL4] a server that finds it too often is not asked before the time that it says', () => {
  const pace = paceOf(9)
  pace.onSent()
  pace.onAnswered(10, 500)
  expect([pace.freeAt(20), pace.freeAt(600)]).toEqual([510, 510])
  // A new connection is counted anew.
  pace.begin(20, 9, 1_000)
  expect(pace.freeAt(20)).toBe(0)
})

test('[CL3] the time is known for which nothing could go out', () => {
  const pace = paceOf(1)
  expect(pace.heldMs(100)).toBe(0)
  pace.onSent()
  pace.onAnswered(100, 0)
  expect(pace.heldMs(100)).toBe(0)
  expect(pace.heldMs(600)).toBe(500)
  expect(pace.heldMs(1_150)).toBe(1_050)
  expect(pace.heldMs(5_000)).toBe(1_050)
  pace.onSent()
  pace.heldMs(5_000)
  // The end of the connection ends it.
  pace.begin(5_010, 1, 1_000)
  expect(pace.heldMs(9_000)).toBe(1_060)
})

test.each([
  [{ rateWindowMs: 1_000, sendsPerWindow: 1, joinsPerWindow: 2 }, true, false],
  [{ rateWindowMs: 1_000, joinsPerWindow: 1 }, false, true],
  [{ sendsPerWindow: 1, joinsPerWindow: 1 }, false, false],
  [{ rateWindowMs: 'x', sendsPerWindow: 1 }, false, false],
  [{ rateWindowMs: 1_000, sendsPerWindow: 0 }, false, false],
  [null, false, false],
])('[CL4] of limits %j that are announced those hold that say something', (announced, isSend, isJoin) => {
  const paces = createPaces()
  beginPaces(paces, 0, announced)
  const isFull = (event: ClientEvent): boolean => {
    const pace = paces.get(event)
    pace?.onSent()
    return (pace?.freeAt(0) ?? 0) > 0
  }
  expect([isFull(ClientEvent.SendNotification), isFull(ClientEvent.JoinChannel)]).toEqual([isSend, isJoin])
})
