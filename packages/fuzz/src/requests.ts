import { ClientEvent, NOTIFICATION_TYPES, ServerEvent } from '@carillon/protocol'
import fc from 'fast-check'
import { json, number, text } from './values.ts'

/** The arguments of an event, and its name. */
export interface Request {
  readonly event: string
  readonly args: readonly unknown[]
}

/** Mostly what is asked for: nobody gets far with nothing but nonsense. */
const almost = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 10, arbitrary },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: json },
  )

const channel = almost(text)
const position = almost(
  fc.record({ epoch: almost(text), offset: almost(number), id: almost(text) }, { requiredKeys: ['epoch'] }),
)
const stream = almost(
  fc.oneof(
    fc.constantFrom('b', 'u'),
    text.map((name) => `c:${name}`),
  ),
)

const notification = fc.record(
  {
    title: almost(text),
    message: almost(text),
    channel,
    to: almost(fc.record({ user: channel })),
    type: almost(fc.constantFrom(...NOTIFICATION_TYPES)),
    data: almost(fc.dictionary(text, json)),
    idempotencyKey: almost(text),
    ttl: almost(number),
    expiresAt: almost(text),
    sender: text,
    offset: number,
  },
  { requiredKeys: ['title', 'message'] },
)

const likely: Readonly<Record<ClientEvent, readonly fc.Arbitrary<unknown>[]>> = {
  [ClientEvent.JoinChannel]: [
    channel,
    almost(fc.record({ since: position, rewind: almost(number) }, { requiredKeys: [] })),
  ],
  [ClientEvent.LeaveChannel]: [channel],
  [ClientEvent.SendNotification]: [almost(notification)],
  [ClientEvent.GetStats]: [],
  [ClientEvent.GetChannels]: [],
  [ClientEvent.AckNotifications]: [almost(fc.dictionary(stream.map(String), position))],
  [ClientEvent.GetHistory]: [
    almost(
      fc.record(
        { stream, after: almost(number), before: almost(number), limit: almost(number) },
        { requiredKeys: ['stream'] },
      ),
    ),
  ],
  [ClientEvent.RefreshAuth]: [almost(fc.dictionary(fc.string(), fc.jsonValue()))],
}

const nearlyRight = fc
  .constantFrom(...Object.values(ClientEvent))
  .chain((event) => fc.tuple(...likely[event]).map((args) => ({ event, args })))

/** One of ours, with anything for arguments: too few, too many, of other types. */
export const confused = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Request & { event: ClientEvent }> =>
  fc.record({
    event: fc.constantFrom(...Object.values(ClientEvent)),
    args: fc.array(value, { maxLength: 5 }),
  })

/** What belongs to the server, to Socket.IO, to the emitter of Node, or to nobody. */
const FOREIGN = [
  ...Object.values(ServerEvent),
  'error',
  'connection',
  'connect',
  'disconnect',
  'newListener',
  '__proto__',
  '',
]

const foreign = fc.record({
  event: fc.oneof(fc.constantFrom(...FOREIGN), text),
  args: fc.array(json, { maxLength: 3 }),
})

/** A request as it may come over the network in JSON. */
export const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 6, arbitrary: nearlyRight },
  { weight: 3, arbitrary: confused(json) },
  { weight: 1, arbitrary: foreign },
)
