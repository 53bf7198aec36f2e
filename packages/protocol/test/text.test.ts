import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBlank, isPlainName, isStorableText, isWellFormed, utf8Length } from '../src/text.ts'

const seed = process.env.CARILLON_SEED
const RUN = { numRuns: 1_000, ...(seed === undefined ? {} : { seed: Number(seed) }) }

/** Any UTF-16 units at all, halves of pairs among them. */
const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes))
const words = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), units)

describe('utf8Length', () => {
  it('[TX1] counts what TextEncoder writes, for every well-formed text', () => {
    const encoder = new TextEncoder()
    fc.assert(
      fc.property(words, (text) => {
        fc.pre(isWellFormed(text))
        expect(utf8Length(text)).toBe(encoder.encode(text).length)
      }),
      RUN,
    )
  })

  it.each([
    ['', 0],
    ['a', 1],
    ['é', 2],
    ['€', 3],
    ['🔔', 4],
    ['\u007f\u0080\u07ff\u0800\uffff', 11],
  ])('[TX2] %j has %i bytes', (text, bytes) => {
    expect(utf8Length(text)).toBe(bytes)
  })
})

describe('isWellFormed', () => {
  it('[TX3] is false just when a half of a pair stands alone', () => {
    fc.assert(
      fc.property(words, (text) => {
        const survives = new TextDecoder().decode(new TextEncoder().encode(`.${text}`)) === `.${text}`
        expect(isWellFormed(text)).toBe(survives)
      }),
      RUN,
    )
  })
})

describe('isPlainName', () => {
  it.each(['devops', 'a', ' a b ', 'é', 'Ω', '漢字', 'قناة', '👩‍👩‍👧', '__proto__', 'a:b/c.d', "l'été", '𝕏'])(
    '[TX4] %j is one',
    (name) => {
      expect(isPlainName(name)).toBe(true)
    },
  )

  it.each([
    ['NUL', 'a\u0000'],
    ['a line break', 'a\nb'],
    ['DEL', 'a\u007f'],
    ['a C1 control', 'a\u0085'],
    ['a right-to-left override', 'a\u202eb'],
    ['an isolate', '\u2066a\u2069'],
    ['a direction mark', 'a\u200f'],
    ['an Arabic letter mark', 'a\u061c'],
    ['letters taken apart', 'e\u0301'],
    ['the Ohm sign, which NFC turns into an omega', '\u2126'],
    ['a high surrogate alone', 'a\ud83d'],
    ['a low surrogate alone', '\udd14a'],
    ['a pair the wrong way round', '\udd14\ud83d'],
  ])('[TX5] %s makes a name ill-formed', (_, name) => {
    expect(isPlainName(name)).toBe(false)
  })
})

describe('free text', () => {
  it.each(['', 'line\nline\ttab', 'e\u0301', 'a\u202eb', '🔔', '\u0085'])(
    '[TX6] %j can be stored',
    (text) => {
      expect(isStorableText(text)).toBe(true)
    },
  )

  it.each(['\u0000', 'a\u0000b', '\ud83d', 'a\udd14'])('[TX7] %j cannot', (text) => {
    expect(isStorableText(text)).toBe(false)
  })

  it.each(['', ' ', '\t\n', '\u00a0', '\u2003\u3000', '\ufeff'])('[TX8] %j is blank', (text) => {
    expect(isBlank(text)).toBe(true)
  })

  it.each(['a', ' a ', '0', '-'])('[TX9] %j is not', (text) => {
    expect(isBlank(text)).toBe(false)
  })
})
