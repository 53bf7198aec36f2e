import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClientEvent, fr, parseRequest, sentencesOf } from '../src/index.ts'

const seed = process.env.CARILLON_SEED
const RUN = { numRuns: 400, ...(seed === undefined ? {} : { seed: Number(seed) }) }

/** Whatever a parser may make of a frame, MessagePack included: JSON, binary data, dates, `undefined`. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 6 }),
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withTypedArray: true,
    withNullPrototype: true,
  }),
)
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
)
const almost = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 12, arbitrary },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: anything },
  )
const position = fc.record(
  { epoch: almost(text), offset: almost(fc.nat()), id: almost(text) },
  { requiredKeys: ['epoch', 'offset'] },
)
/** Requests that are nearly right, for what nobody gets to with random ones. */
const oneOrBoth = (one: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.oneof(
    ...Object.entries(one).map(([name, arbitrary]) => ({
      weight: 4,
      arbitrary: fc.record({ [name]: arbitrary }),
    })),
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.record(one) },
  )
const notification = fc
  .tuple(
    // Fields of which only one may be given: both at once are the exception.
    oneOrBoth({ channel: almost(text), to: almost(fc.record({ user: almost(text) })) }),
    oneOrBoth({
      ttl: almost(fc.integer({ min: -1, max: 3_000_000 })),
      expiresAt: almost(fc.constantFrom('2026-01-31T12:00:00Z', '2026-01-31T12:00:00+01:00', 'soon')),
    }),
    fc.record(
      {
        type: almost(fc.constantFrom('info', 'success', 'warning', 'error')),
        title: almost(text),
        message: almost(text),
        kind: almost(fc.constantFrom('order.created', '__proto__', '')),
        data: almost(fc.dictionary(text, fc.jsonValue({ maxDepth: 3 }))),
        idempotencyKey: almost(text),
      },
      { requiredKeys: ['title', 'message'] },
    ),
  )
  .map((parts) => Object.assign({}, ...parts))
const likely: Record<ClientEvent, fc.Arbitrary<unknown>[]> = {
  [ClientEvent.JoinChannel]: [
    almost(text),
    almost(fc.record({ since: almost(position), rewind: almost(fc.nat(120)) }, { requiredKeys: [] })),
  ],
  [ClientEvent.LeaveChannel]: [almost(text)],
  [ClientEvent.SendNotification]: [almost(notification)],
  [ClientEvent.GetStats]: [],
  [ClientEvent.GetChannels]: [],
  [ClientEvent.AckNotifications]: [
    almost(
      fc.dictionary(
        fc.oneof(
          fc.constantFrom('b', 'u'),
          text.map((name) => `c:${name}`),
        ),
        almost(position),
      ),
    ),
  ],
  [ClientEvent.GetHistory]: [
    almost(
      fc.record(
        {
          stream: almost(
            fc.oneof(
              fc.constantFrom('b', 'u'),
              text.map((name) => `c:${name}`),
            ),
          ),
          after: almost(fc.nat()),
          before: almost(fc.nat()),
          limit: almost(fc.nat(120)),
        },
        { requiredKeys: ['stream'] },
      ),
    ),
  ],
  [ClientEvent.RefreshAuth]: [almost(fc.dictionary(text, fc.jsonValue()))],
}

describe.each(Object.values(ClientEvent))('%s', (event) => {
  const args = fc.oneof(fc.array(anything, { maxLength: 4 }), fc.tuple(...likely[event], fc.constant(null)))

  it('[PZ1] is answered, whatever comes, and never by a throw', () => {
    fc.assert(
      fc.property(args, (given) => {
        const parsed = parseRequest(event, given)
        if (parsed.ok) return
        expect(parsed.problems.length).toBeGreaterThan(0)
        for (const sentence of sentencesOf(fr, parsed.problems)) expect(sentence).not.toContain('undefined')
      }),
      RUN,
    )
  })

  it('[PZ2] is accepted again, and comes out as it went in, once it was accepted', () => {
    let accepted = 0
    fc.assert(
      fc.property(args, (given) => {
        const first = parseRequest(event, given)
        if (!first.ok) return
        accepted += 1
        expect(parseRequest(event, Object.values(first.value))).toEqual(first)
      }),
      RUN,
    )
    expect(accepted, 'the random requests are good enough to be accepted at times').toBeGreaterThan(5)
  })

  it('[PZ3] is left as it was by the check', () => {
    fc.assert(
      fc.property(args, (given) => {
        const frame = JSON.stringify(given, (_, value: unknown) => (typeof value === 'bigint' ? null : value))
        const received: unknown[] = JSON.parse(frame)
        parseRequest(event, received)
        expect(JSON.stringify(received)).toBe(frame)
      }),
      RUN,
    )
  })
})
