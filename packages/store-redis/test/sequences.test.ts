import { describe, expect, it, vi } from 'vitest'
import { newsOf, parseMessage } from '../src/news.ts'
import { createSequences, GRACE_MS, type Sequences } from '../src/sequences.ts'

function hearing(numbers: readonly number[], sequences: Sequences, node = 'a'): void {
  for (const number of numbers) sequences.hear(node, number)
}

/** How often a gap was told, after the grace is over. */
function gapsOf(play: (sequences: Sequences) => void): number {
  vi.useFakeTimers()
  let gaps = 0
  const sequences = createSequences(() => {
    gaps += 1
  })
  play(sequences)
  vi.advanceTimersByTime(GRACE_MS * 2)
  sequences.stop()
  vi.useRealTimers()
  return gaps
}

describe('numbers of other nodes', () => {
  const table: readonly (readonly [what: string, numbers: readonly number[], gaps: number])[] = [
    ['in order', [1, 2, 3, 4], 0],
    ['one overtakes another', [1, 3, 2, 4], 0],
    ['two at once', [1, 1, 2, 2, 3], 0],
    ['one is missing', [1, 2, 4, 5], 1],
    ['many are missing', [1, 3, 5, 7, 100], 1],
    ['the first is not the first', [5, 6, 7], 1],
    ['an old one comes late', [1, 2, 3, 1], 0],
  ]
  for (const [what, numbers, gaps] of table) {
    it(`[RD24] ${what}: ${gaps} gaps`, () => {
      expect(gapsOf((sequences) => hearing(numbers, sequences))).toBe(gaps)
    })
  }

  it('[RD24] each node counts for itself', () => {
    const gaps = gapsOf((sequences) => {
      for (const number of [1, 2, 3]) for (const node of ['a', 'b']) sequences.hear(node, number)
    })
    expect(gaps).toBe(0)
  })

  it('[RD24] after a gap was told, what follows is no gap', () => {
    const gaps = gapsOf((sequences) => {
      hearing([1, 5], sequences)
      vi.advanceTimersByTime(GRACE_MS)
      hearing([6, 7, 8], sequences)
    })
    expect(gaps).toBe(1)
  })

  it('[RD24] a new subscription takes any number, since it tells a gap itself', () => {
    const gaps = gapsOf((sequences) => {
      hearing([1, 2], sequences)
      sequences.restart()
      hearing([9, 10], sequences)
    })
    expect(gaps).toBe(0)
  })

  it('[RD24] neither many nodes nor many early numbers grow without bound', () => {
    const gaps = gapsOf((sequences) => {
      for (let node = 0; node < 5_000; node++) sequences.hear(`n${node}`, 1)
      sequences.hear('n0', 2)
      hearing([1, ...Array.from({ length: 1_000 }, (_, at) => at * 2 + 5)], sequences)
    })
    // The node that was dropped and came back, and the one with too many holes, which is not waited for.
    expect(gaps).toBe(2)
  })
})

describe('messages', () => {
  it('[RD25] what no store has written is passed over', () => {
    for (const text of ['', 'a', 'a b c', 'a 1x', `${'a'.repeat(41)} 1`, 'é 1'])
      expect(parseMessage(text)).toBeNull()
    const bodies = ['{', '7', '[]', '["a"]', '[["/","channel"],"e",1,[]]', '[["/","other","a"],"e",1,[]]']
    const items = ['[1,2,null,"id",{}]', '[1,"x",null,"id",null]', '7', '["a",1,null,"id",{"type":"info"}]']
    bodies.push(...items.map((item) => `[["/","channel","a"],"e",1,[${item}]]`))
    for (const body of bodies) expect(newsOf(body)).toEqual([])
  })

  it('[RD25] a message without items is a hint', () => {
    const message = parseMessage('a_-1 12 [["/","user","x"],"e",7,[]]')
    expect(message).toEqual({ node: 'a_-1', number: 12, body: '[["/","user","x"],"e",7,[]]' })
    const stream = { scope: '/', kind: 'user', name: 'x' }
    expect(newsOf(message?.body ?? '')).toEqual([{ stream, epoch: 'e', head: 7, item: null }])
    expect(newsOf(parseMessage('a 1')?.body ?? 'none')).toEqual([])
  })
})
