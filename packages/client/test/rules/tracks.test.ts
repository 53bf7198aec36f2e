import { seed } from '@carillon/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { onComplete, onCut, onItem, type Track } from '../../src/rules/tracks.ts'

const place = (offset: number, epoch = 'e1') => ({ epoch, offset, id: `${epoch}:${offset}` })
const track = (last: number, epoch = 'e1'): Track => ({
  epoch,
  last,
  since: place(last, epoch),
  former: null,
})
const cut = (
  offset: number,
  more: { epoch?: string; reason?: 'epoch' | 'trimmed' | 'future'; isComplete?: boolean } = {},
) => ({
  epoch: 'e1',
  offset,
  isComplete: true,
  ...more,
})

test('[G3] what is above the last one is taken, what is at or below it is dropped', () => {
  expect(onItem(track(5), place(6))).toMatchObject({ last: 6, since: place(6) })
  expect(onItem(track(5), place(9))).toMatchObject({ last: 9 })
  expect(onItem(track(5), place(5))).toBeNull()
  expect(onItem(track(5), place(1))).toBeNull()
})

test('[G3] the first of a stream is taken wherever it stands', () => {
  expect(onItem(undefined, place(41))).toMatchObject({ epoch: 'e1', last: 41 })
})

test('[G5] a new epoch is taken, and what still comes of the one before is dropped', () => {
  const next = onItem(track(5), place(1, 'e2'))
  expect(next).toMatchObject({ epoch: 'e2', last: 1, former: 'e1' })
  expect(onItem(next ?? undefined, place(6, 'e1'))).toBeNull()
})

test('[G2] a first join with nothing to come stands at the cut', () => {
  expect(onCut(undefined, cut(7), false)).toMatchObject({ last: 7, since: { epoch: 'e1', offset: 7 } })
})

test('[G2] a first join with something to come brings nothing until the first of it is there', () => {
  const joined = onCut(undefined, cut(7, { isComplete: false }), false)
  expect(joined).toMatchObject({ last: 0, since: null })
  expect(onItem(joined, place(5))).toMatchObject({ last: 5, since: place(5) })
})

test('[G3] a re-join keeps the position while its rest is to come, and moves to the cut when there is none', () => {
  expect(onCut(track(5), cut(9, { isComplete: false }), true)).toEqual(track(5))
  expect(onCut(track(5), cut(9), true)).toMatchObject({ last: 9, since: { epoch: 'e1', offset: 9 } })
  // The id guards against a rewound log, so it is not given up without need.
  expect(onCut(track(9), cut(9), true)).toEqual(track(9))
})

test('[G5] a trimmed log keeps the position: what follows is above it', () => {
  expect(onCut(track(5), cut(90, { reason: 'trimmed', isComplete: false }), true)).toEqual(track(5))
})

test('[G5] another epoch and a rewound log begin anew, and a second loss on the way starts there', () => {
  const fresh = onCut(track(5), cut(3, { epoch: 'e2', reason: 'epoch', isComplete: false }), true)
  expect(fresh).toEqual({ epoch: 'e2', last: 0, since: { epoch: 'e2', offset: 0 }, former: 'e1' })
  const rewound = onCut(track(50), cut(3, { reason: 'future', isComplete: false }), true)
  expect(rewound).toMatchObject({ epoch: 'e1', last: 0 })
  expect(onItem(rewound, place(2))).not.toBeNull()
})

test('[G5] a verdict about the position of somebody else changes nothing', () => {
  expect(onCut(track(5), cut(3, { reason: 'future', isComplete: false }), false)).toEqual(track(5))
})

test('[G2] complete means that a stream with nothing to tell stands at its cut', () => {
  const joined = onCut(undefined, cut(7, { isComplete: false }), false)
  expect(onComplete(joined, 7)).toMatchObject({ last: 7, since: { epoch: 'e1', offset: 7 } })
})

/** A server that emits in order, and a connection that breaks anywhere. */
type Step = 'append' | 'deliver' | 'drop' | 'lose'

test('[G2] [G3] over any order of appends, deliveries, breaks and losses everything comes once and in order', () => {
  const steps = fc.array(fc.constantFrom<Step>('append', 'append', 'deliver', 'deliver', 'drop', 'lose'), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(steps, (sequence) => {
      let epoch = 1
      let log = 0
      let handed: string[] = []
      let wire: ReturnType<typeof place>[] = []
      let mine: Track | undefined = onCut(undefined, cut(0, { epoch: 'e1' }), false)
      const deliver = (): void => {
        const item = wire.shift()
        const next = item === undefined ? null : onItem(mine, item)
        if (item === undefined || next === null) return
        mine = next
        handed.push(`${item.epoch}:${item.offset}`)
      }
      const rejoin = (): void => {
        const since = mine?.since
        const name = `e${epoch}`
        const isKnown = since?.epoch === name
        const from = isKnown ? since.offset : 0
        wire = Array.from({ length: log - from }, (_, at) => place(from + at + 1, name))
        const verdict = isKnown ? {} : { reason: 'epoch' as const }
        mine = onCut(mine, cut(log, { epoch: name, isComplete: wire.length === 0, ...verdict }), true)
        if (!isKnown) handed = []
      }
      for (const step of sequence) {
        if (step === 'append') wire.push(place(++log, `e${epoch}`))
        if (step === 'deliver') deliver()
        if (step === 'drop') rejoin()
        if (step === 'lose') {
          epoch += 1
          log = 0
          rejoin()
        }
      }
      rejoin()
      while (wire.length > 0) deliver()
      expect(handed).toEqual(Array.from({ length: log }, (_, at) => `e${epoch}:${at + 1}`))
    }),
    { numRuns: 500, seed: seed() },
  )
})
