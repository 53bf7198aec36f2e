import { ClientEvent } from '@carillon/protocol'
import fc from 'fast-check'
import { confused, request } from './requests.ts'
import { anything, json, text } from './values.ts'

/** Where the acknowledgement stands among the arguments. */
export type AckPlace = 'none' | 'last' | 'first' | 'both' | 'throws'

/** One thing that a visitor does. */
export type Step =
  /** Sends a text frame of Engine.IO as it is. */
  | { readonly kind: 'frame'; readonly text: string }
  /** Sends an event in a whole frame; with a number of an acknowledgement, if it wants an answer. */
  | { readonly kind: 'event'; readonly json: string; readonly event: string; readonly wantsAnswer: boolean }
  | { readonly kind: 'binary'; readonly bytes: readonly number[] }
  /** Calls the listeners of the server's socket themselves, with what no frame of JSON can bring. */
  | {
      readonly kind: 'listener'
      readonly event: ClientEvent
      readonly args: readonly unknown[]
      readonly ack: AckPlace
    }
  /** Waits until what was sent has been read. */
  | { readonly kind: 'wait' }
  /** Goes, and comes back at once. */
  | { readonly kind: 'again' }

export interface Scenario {
  /** What the visitor says of itself, as text: it need not be JSON. */
  readonly auth: string
  readonly steps: readonly Step[]
}

const event: fc.Arbitrary<Step> = fc
  .record({ request, wantsAnswer: fc.boolean() })
  .map(({ request: { event: name, args }, wantsAnswer }) => ({
    kind: 'event',
    event: name,
    json: JSON.stringify([name, ...args]),
    wantsAnswer,
  }))

/** A good frame with a wound: cut, doubled, or with something strange in it. */
const wounded: fc.Arbitrary<Step> = fc
  .record({
    request,
    at: fc.nat(200),
    length: fc.nat(20),
    how: fc.constantFrom('cut', 'doubled', 'strange'),
    text,
  })
  .map(({ request: { event: name, args }, at, length, how, text: strange }) => {
    const whole = `42${JSON.stringify([name, ...args])}`
    const from = at % (whole.length + 1)
    const piece = whole.slice(from, from + length)
    const middle = how === 'cut' ? '' : how === 'doubled' ? piece + piece : strange
    return { kind: 'frame', text: whole.slice(0, from) + middle + whole.slice(from + length) }
  })

const random: fc.Arbitrary<Step> = fc
  .record({
    start: fc.constantFrom('', '4', '40', '41', '42', '43', '44', '451-', '461-', '2', '3', '42/x,'),
    text,
  })
  .map(({ start, text: rest }) => ({ kind: 'frame', text: start + rest }))

/** Brackets as text: nobody could write them with `JSON.stringify`. */
const nested: fc.Arbitrary<Step> = fc
  .record({
    levels: fc.constantFrom(40, 5_000, 60_000),
    name: fc.constantFrom(...Object.values(ClientEvent)),
    isWhole: fc.boolean(),
  })
  .map(({ levels, name, isWhole }) => ({
    kind: 'frame',
    text: `42["${name}",${'['.repeat(levels)}${isWhole ? ']'.repeat(levels) : ''}]`,
  }))

const wide: fc.Arbitrary<Step> = fc
  .record({
    entries: fc.constantFrom(20, 9_000, 60_000),
    name: fc.constantFrom(...Object.values(ClientEvent)),
  })
  .map(({ entries, name }) => ({ kind: 'frame', text: `42["${name}",${Array(entries).fill(1).join()}]` }))

const listener: fc.Arbitrary<Step> = fc
  .record({
    request: confused(anything),
    ack: fc.constantFrom<AckPlace>('none', 'last', 'first', 'both', 'throws'),
  })
  .map(({ request: { event: name, args }, ack }) => ({ kind: 'listener', event: name, args, ack }))

const binary: fc.Arbitrary<Step> = fc
  .array(fc.nat(255), { maxLength: 20 })
  .map((bytes) => ({ kind: 'binary', bytes }))

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: event },
  { weight: 8, arbitrary: listener },
  { weight: 2, arbitrary: wounded },
  { weight: 1, arbitrary: random },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: wide },
  { weight: 1, arbitrary: binary },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'wait' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'again' }) },
)

const claims = fc.record(
  {
    user_id: fc.oneof(fc.constantFrom('alice', 'bob'), json),
    username: fc.oneof(text, json),
    device_id: json,
    notifications: fc.oneof(
      fc.constant({ version: 2 }),
      fc.record({ version: fc.constant(2), clientId: json, since: json }, { requiredKeys: ['version'] }),
      json,
    ),
  },
  { requiredKeys: [] },
)

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  auth: fc.oneof(
    { weight: 8, arbitrary: claims.map((auth) => JSON.stringify(auth)) },
    { weight: 1, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: text },
  ),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
})
