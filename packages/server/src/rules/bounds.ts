import {
  ClientEvent,
  findJsonFault,
  jsonProblem,
  LIMITS,
  type NotificationDraft,
  type Problem,
  type Request,
} from '@carillon/protocol'

/** What the host allows of what the protocol would. */
export interface Bounds {
  readonly channelNameBytes: number
  readonly titleLength: number
  readonly messageLength: number
  readonly dataBytes: number
  readonly dataDepth: number
  readonly dataKeys: number
  readonly ttlSeconds: number
}

/** What is looked at beyond the protocol; absent where the host has narrowed nothing. */
export interface Narrowing {
  readonly bounds: Bounds
  /** Which names channels may have. */
  readonly isChannel: (name: string) => boolean
}

/** Whether any of the bounds is narrower than the protocol's. */
export function isNarrower(bounds: Bounds): boolean {
  const names: readonly (keyof Bounds)[] = [
    'channelNameBytes',
    'titleLength',
    'messageLength',
    'dataBytes',
    'dataDepth',
    'dataKeys',
    'ttlSeconds',
  ]
  return names.some((name) => bounds[name] < LIMITS[name])
}

/** Everything that a well-formed request asks beyond what the host allows. */
export function problemsBeyond<E extends ClientEvent>(
  narrowing: Narrowing,
  event: E,
  request: Request<E>,
): readonly Problem[] {
  const look: Look<E> | undefined = LOOKS[event]
  return look === undefined ? [] : look(narrowing, request)
}

type Look<E extends ClientEvent> = (narrowing: Narrowing, request: Request<E>) => readonly Problem[]

const LOOKS: { readonly [E in ClientEvent]?: Look<E> } = {
  [ClientEvent.JoinChannel]: (narrowing, { channel }) => channelProblems(narrowing, channel),
  [ClientEvent.SendNotification]: (narrowing, { notification }) => [
    ...(notification.channel === null ? [] : channelProblems(narrowing, notification.channel)),
    ...notificationProblems(narrowing.bounds, notification),
  ],
}

function channelProblems({ bounds, isChannel }: Narrowing, channel: string): readonly Problem[] {
  const max = bounds.channelNameBytes
  if (Buffer.byteLength(channel) > max)
    return [{ code: 'field-too-long', field: 'channel', max, unit: 'bytes' }]
  return isChannel(channel) ? [] : [{ code: 'ill-formed', field: 'channel' }]
}

function notificationProblems(bounds: Bounds, draft: NotificationDraft): readonly Problem[] {
  const { title, message, data, ttl } = draft
  const fault = data === null ? undefined : findJsonFault(data, bounds)
  const problems: Problem[] = []
  if (title.length > bounds.titleLength)
    problems.push({ code: 'field-too-long', field: 'title', max: bounds.titleLength, unit: 'characters' })
  if (message.length > bounds.messageLength)
    problems.push({ code: 'field-too-long', field: 'message', max: bounds.messageLength, unit: 'characters' })
  if (fault !== undefined) problems.push(jsonProblem(fault, 'data'))
  if (ttl !== null && ttl > bounds.ttlSeconds)
    problems.push({ code: 'field-range', field: 'ttl', min: 1, max: bounds.ttlSeconds })
  return problems
}
