/* Which frames of Socket.IO carry more arguments than a stack holds. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTooWide, MOST_ARGUMENTS } from '../../src/rules/wide-frames.ts'

const seed = process.env.CARILLON_SEED
const RUN = { numRuns: 200, ...(seed === undefined ? {} : { seed: Number(seed) }) }

const list = (entries: number, entry: unknown = 1): string => JSON.stringify(Array(entries).fill(entry))
/** With the name of the event. */
const most = list(MOST_ARGUMENTS + 1)
const tooMany = list(MOST_ARGUMENTS + 2)

test.each([
  ['an event', `2${tooMany}`],
  ['an event with an acknowledgement', `217${tooMany}`],
  ['an acknowledgement', `317${tooMany}`],
  ['an event in a namespace', `2/team-a,${tooMany}`],
  ['an event in a namespace with marks in its name', `2/a"[[{,3${tooMany}`],
  ['an event with attachments', `51-${tooMany}`],
  ['an acknowledgement with attachments in a namespace', `610-/team-a,4${tooMany}`],
  ['texts that look like ends', `2${list(MOST_ARGUMENTS + 2, '\\"]}"\\')}`],
  ['lists and objects', `2${list(MOST_ARGUMENTS + 2, [{ a: ['[', 1] }, {}])}`],
])('[SV60] %s with one argument too many is too wide', (_, frame) => {
  expect(isTooWide(frame)).toBe(true)
})

test.each([
  ['an event', `2${most}`],
  ['an event with attachments', `51-/team-a,2${most}`],
  ['an entry with many', `2["x",${tooMany}]`],
  ['an object with many', `2["x",{"a":${tooMany},"b":${tooMany}}]`],
  ['a text with many commas', `2["x","${','.repeat(50_000)}"]`],
  ['escaped quotes around many commas', `2["x","\\"${','.repeat(50_000)}\\\\\\""]`],
  ['the auth of a connection', `0{"list":${tooMany}}`],
  ['a text without end', `2["${',1'.repeat(50_000)}`],
  ['no list', `2${'7'.repeat(50_000)}`],
  ['nothing at all', ''],
])('[SV60] %s is not', (_, frame) => {
  expect(isTooWide(frame)).toBe(false)
})

describe('[SV61] any list of JSON values', () => {
  const filler = Array(MOST_ARGUMENTS - 20).fill(0)

  test('is counted as JSON.parse counts it', () => {
    const entries = fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 0, maxLength: 40 })
    fc.assert(
      fc.property(entries, fc.nat(9), (some, id) => {
        const all = [...some, ...filler]
        expect(isTooWide(`2${id}${JSON.stringify(all)}`)).toBe(all.length > MOST_ARGUMENTS + 1)
      }),
      RUN,
    )
  })
})

test('[SV62] a megabyte of anything costs no more than a look', () => {
  const frames = [
    `2["${'\\'.repeat(999_000)}"]`,
    `2["${'\\"'.repeat(499_000)}"]`,
    `2[${'['.repeat(999_000)}]`,
    `2[${'"a"'.repeat(333_000)}]`,
  ]
  const start = performance.now()
  for (const frame of frames) isTooWide(frame)
  expect(performance.now() - start).toBeLessThan(1_000)
})
