import { expect, test } from 'vitest'
import { parseOptions } from '../src/options.ts'

test('[BN2] a full run is the default, options narrow it', () => {
  expect(parseOptions([])).toEqual({ only: null, pairs: null, quick: false })
  expect(parseOptions(['--only', 'storm', '--pairs', '2'])).toEqual({ only: 'storm', pairs: 2, quick: false })
  expect(parseOptions(['--', '--quick'])).toEqual({ only: null, pairs: 1, quick: true })
})

test.each([
  [['--only', 'fan'], '--only: fanout, send, storm, heap, sqlite, replay, deep, hostile; not "fan"'],
  [['--pairs', '0'], '--pairs: a positive whole number, not "0"'],
  [['--pairs', 'many'], 'not "many"'],
  [['--fast'], '--fast'],
])('[BN2] %j is refused with a sentence', (args, sentence) => {
  expect(() => parseOptions(args)).toThrow(sentence)
})
