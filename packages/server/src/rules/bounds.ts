import {
  ClientEvent,
  LIMITS,
  type Limits,
  nameProblems,
  notificationProblems,
  type Problem,
  type Request,
} from '@carillon/protocol'

/** What is looked at beyond the protocol; absent where the host has narrowed nothing. */
export interface Narrowing {
  readonly limits: Limits
  /** Which names channels may have. */
  readonly isChannel: (name: string) => boolean
}

/** Whether any of the limits is narrower than the protocol's. */
export function isNarrower(limits: Limits): boolean {
  const inForce: Readonly<Record<string, number>> = limits
  return Object.entries(LIMITS).some(([name, most]) => (inForce[name] ?? most) < most)
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
  [ClientEvent.JoinChannel]: ({ limits, isChannel }, { channel }) => {
    const tooLong = nameProblems('channel', channel, limits.channelNameBytes)
    return tooLong.length > 0 || isChannel(channel) ? tooLong : NO_CHANNEL
  },
  [ClientEvent.SendNotification]: ({ limits, isChannel }, { notification }) => {
    const { channel } = notification
    const problems = notificationProblems(notification, limits)
    const isJudged = channel === null || problems.some(({ field }) => field === 'channel')
    return isJudged || isChannel(channel) ? problems : [...NO_CHANNEL, ...problems]
  },
}

const NO_CHANNEL: readonly Problem[] = [{ code: 'ill-formed', field: 'channel' }]
