import fc from 'fast-check'

/** The channel that only the honest one may use. */
export const PRIVATE = 'private'
/** The one whom nothing may disturb. */
export const HONEST = 'honest'

/** Text that somebody has stumbled over before. */
const NASTY_TEXT = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'then',
  PRIVATE,
  HONEST,
  'a',
  'devops',
  'carillon:all',
  '\u0000',
  '\ud800',
  'e\u0301',
  '\u200b',
  '\u202e',
  'a\nb',
  '*',
  '{a}',
  "'; drop table n;--",
  'x'.repeat(201),
  'é'.repeat(101),
  '2026-01-31T12:00:00Z',
  'info',
  '/x,',
]

export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NASTY_TEXT) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
)

export const number: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 0.5, 100, 101, 2 ** 31, 2 ** 53, 1e308),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** So deep that whoever looks at it with a function that calls itself runs out of stack. */
const deep: fc.Arbitrary<unknown> = fc
  .tuple(fc.constantFrom(3, 31, 33, 200, 20_000), fc.boolean())
  .map(([levels, isList]) => {
    let value: unknown = 1
    for (let level = 0; level < levels; level++) value = isList ? [value] : { a: value }
    return value
  })

const wide: fc.Arbitrary<unknown> = fc
  .constantFrom(10, 1_023, 1_025, 5_000)
  .map((entries) => Object.fromEntries(Array.from({ length: entries }, (_, n) => [`k${n}`, n])))

/** What a parser of JSON may give. */
export const json: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 2, arbitrary: text },
  { weight: 2, arbitrary: number },
  { weight: 1, arbitrary: fc.constant(JSON.parse('{"__proto__":{"admin":true},"a":1}')) },
  { weight: 1, arbitrary: wide },
)

/** What other parsers may give besides. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: json },
  { weight: 1, arbitrary: deep },
  {
    weight: 3,
    arbitrary: fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
      withObjectString: true,
    }),
  },
)
