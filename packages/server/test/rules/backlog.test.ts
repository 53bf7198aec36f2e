/* When somebody is slow, and when somebody is lost, told by a series of looks at what waits. */
import { describe, expect, test } from 'vitest'
import { type Backlog, NOTHING_WAITS, onLook, type Strain } from '../../src/rules/backlog.ts'

const LIMITS = { frames: 10, bytes: 1_000, stalledLooks: 3 }

/** What is made of each look. */
function statesOf(looks: readonly Backlog[]): string[] {
  let strain: Strain | undefined
  return looks.map((seen) => {
    strain = onLook(strain, seen, LIMITS)
    return strain?.state ?? 'well'
  })
}

const bytes = (waiting: number, taken = 0): Backlog => ({ frames: 0, bytes: waiting, taken })
const frames = (waiting: number): Backlog => ({ frames: waiting, bytes: waiting * 10, taken: 0 })

describe('[S26] [R50] who takes what is sent is left alone', () => {
  test.each<[string, Backlog[]]>([
    ['nothing waits', [NOTHING_WAITS, NOTHING_WAITS]],
    ['as much as may wait', [bytes(1_000), bytes(1_000), frames(10), frames(10)]],
  ])('%s', (_, looks) => {
    expect(statesOf(looks)).toEqual(looks.map(() => 'well'))
  })

  test('a burst that is gone at the next look', () => {
    expect(statesOf([bytes(2_000), NOTHING_WAITS])).toEqual(['full', 'well'])
  })

  test('one burst after another, each taken before the next look', () => {
    const looks = [bytes(2_000, 0), bytes(2_000, 2_000), bytes(3_000, 4_000), bytes(1_500, 7_000)]
    expect(statesOf(looks)).toEqual(['full', 'full', 'full', 'full'])
  })
})

describe('[S26] [R50] who takes less than is sent lags', () => {
  test.each<[string, Backlog[]]>([
    ['too many bytes at two looks', [bytes(1_001), bytes(1_001)]],
    ['too many frames at two looks', [frames(11), frames(11)]],
    ['part of what waited was taken', [bytes(2_000, 0), bytes(2_000, 1_999)]],
    ['the other bound at the second look', [frames(11), bytes(1_001)]],
  ])('%s', (_, looks) => {
    expect(statesOf(looks)).toEqual(['full', 'lagging'])
  })

  test('so much that no second look is needed', () => {
    expect(statesOf([bytes(4_001)])).toEqual(['lagging'])
    expect(statesOf([frames(41)])).toEqual(['lagging'])
  })

  test('until half of what may wait is left: whoever is let go at the edge would be back at once', () => {
    const looks = [
      bytes(4_001, 0),
      bytes(1_001, 3_000),
      bytes(999, 3_002),
      bytes(501, 3_500),
      bytes(500, 3_501),
    ]
    expect(statesOf(looks)).toEqual(['lagging', 'lagging', 'lagging', 'lagging', 'well'])
  })

  test('again from the beginning after that', () => {
    const looks = [bytes(4_001), NOTHING_WAITS, bytes(1_001), bytes(1_001)]
    expect(statesOf(looks)).toEqual(['lagging', 'well', 'full', 'lagging'])
  })
})

describe('[S26] [R50] who takes nothing is lost', () => {
  const lagging = bytes(4_001, 7)

  test('after so many looks at which nothing moved', () => {
    expect(statesOf([lagging, lagging, lagging, lagging])).toEqual(['lagging', 'lagging', 'lagging', 'lost'])
  })

  test.each<[string, Backlog]>([
    ['the network takes some', { ...lagging, taken: 8 }],
    ['fewer bytes wait', { ...lagging, bytes: 4_000 }],
    ['fewer frames wait, though they turned into more bytes', { frames: 9, bytes: 4_500, taken: 7 }],
  ])('counted anew when %s', (_, moved) => {
    const begin = { ...lagging, frames: 10 }
    const looks = [begin, begin, begin, moved, moved, moved, moved]
    expect(statesOf(looks)).toEqual([...looks.slice(1).map(() => 'lagging'), 'lost'])
  })

  test('at once when it makes the server say as much again and more', () => {
    expect(statesOf([bytes(5_000), bytes(9_000, 1), bytes(9_001, 2)])).toEqual(['lagging', 'lagging', 'lost'])
    expect(statesOf([frames(50), frames(90), frames(91)])).toEqual(['lagging', 'lagging', 'lost'])
  })

  test('counting from the least that waited since it lags', () => {
    const looks = [bytes(9_000, 0), bytes(2_000, 7_000), bytes(6_000, 7_001), bytes(6_001, 7_002)]
    expect(statesOf(looks)).toEqual(['lagging', 'lagging', 'lagging', 'lost'])
  })
})
