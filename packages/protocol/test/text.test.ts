import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBlank, isPersonName, isPlainName, isStorableText, isWellFormed, utf8Length } from '../src/text.ts'

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
  it.each([
    'devops',
    'a',
    ' a b ',
    'é',
    'Ω',
    '漢字',
    'قناة',
    '👩‍👩‍👧',
    '👩🏽‍🚀 🕵🏽‍♂️',
    '❤️ 🏳️‍🌈 1️⃣',
    '__proto__',
    'a:b/c.d',
    "l'été",
    '𝕏',
    'ស្ត្រី',
    `q${'\u0301'.repeat(8)}`,
  ])('[TX4] %j is one', (name) => {
    expect(isPlainName(name)).toBe(true)
  })

  it.each([
    ['NUL', 'a\u0000'],
    ['a line break', 'a\nb'],
    ['DEL', 'a\u007f'],
    ['a C1 control', 'a\u0085'],
    ['a right-to-left override', 'a\u202eb'],
    ['an isolate', '\u2066a\u2069'],
    ['a direction mark', 'a\u200f'],
    ['an Arabic letter mark', 'a\u061c'],
    ['a space without width', 'dev\u200bops'],
    ['a byte order mark', 'devops\ufeff'],
    ['a soft hyphen', 'dev\u00adops'],
    ['a joiner between letters', 'dev\u200dops'],
    ['a joiner behind a picture', '👩\u200d'],
    ['a joiner before a picture', 'a\u200d👩'],
    ['a variation selector behind a letter', 'devops\ufe0f'],
    ['a variation selector behind a digit', 'room1\ufe0f'],
    ['a letter that is not seen', 'dev\u3164ops'],
    ['a tag', 'a\u{e0041}'],
    ['a line separator', 'a\u2028b'],
    ['nine accents on one letter', `z${'\u0301'.repeat(9)}`],
    ['letters taken apart', 'e\u0301'],
    ['the Ohm sign, which NFC turns into an omega', '\u2126'],
    ['a high surrogate alone', 'a\ud83d'],
    ['a low surrogate alone', '\udd14a'],
    ['a pair the wrong way round', '\udd14\ud83d'],
  ])('[TX5] %s makes a name ill-formed', (_, name) => {
    expect(isPlainName(name)).toBe(false)
  })
})

describe('isPersonName', () => {
  it.each(['Alice Martin', 'علی\u200cرضا', 'শ্রী\u200cমতী', 'e\u0301lise', '👩‍🚀', 'O’Neill'])(
    '[TX10] %j is one',
    (name) => {
      expect(isPersonName(name)).toBe(true)
    },
  )

  it.each([
    'Ad\u200cmin',
    'nimda\u202e',
    'a\u001b[2J',
    'a\nb',
    '\u200b',
    '\ud800',
    `z${'\u0301'.repeat(200)}`,
  ])('[TX10] %j is none', (name) => {
    expect(isPersonName(name)).toBe(false)
  })
})

describe('[TX11] a megabyte costs no more than a look:', () => {
  const tower = `a${'\u0301'.repeat(250_000)}${'\u0316'.repeat(250_000)}`
  const names: [what: string, name: string][] = [
    ['accents in the wrong order', tower],
    ['joiners', 'a\u200d'.repeat(250_000)],
    ['pictures', '👩\u200d'.repeat(150_000)],
    ['letters', 'é'.repeat(500_000)],
  ]
  it.each(names)('%s', (_, name) => {
    const start = performance.now()
    for (const check of [isPlainName, isPersonName, isStorableText, isBlank]) check(name)
    expect(performance.now() - start).toBeLessThan(1_000)
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
