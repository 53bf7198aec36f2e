import {
  type Answers,
  ClientEvent,
  isRetryable,
  type Problem,
  type Problems,
  type Refused,
  ServerEvent,
  sentencesOf,
} from '@carillon/protocol'
import type { Core } from './core.ts'
import type { Session } from './session.ts'

/** How a request is answered: exactly once, by acknowledgement, by event, or by both. */
export interface Reply<E extends ClientEvent> {
  ok(payload: Answers[E]): void
  refuse(problems: Problems): void
}

export type Ack = (answer: object) => void

/** Which event tells a client without acknowledgements that its request was done, and with what. */
const CONFIRMATIONS: { readonly [E in ClientEvent]: Confirmation<E> | null } = {
  [ClientEvent.JoinChannel]: { event: ServerEvent.ChannelJoined, payload: (answer) => answer },
  [ClientEvent.LeaveChannel]: { event: ServerEvent.ChannelLeft, payload: (answer) => answer },
  [ClientEvent.SendNotification]: { event: ServerEvent.NotificationSent, payload: (answer) => answer },
  [ClientEvent.GetStats]: { event: ServerEvent.ServerStats, payload: (answer) => answer },
  [ClientEvent.GetChannels]: { event: ServerEvent.ChannelsList, payload: (answer) => answer.channels },
  [ClientEvent.AckNotifications]: null,
  [ClientEvent.GetHistory]: null,
  [ClientEvent.RefreshAuth]: null,
}

interface Confirmation<E extends ClientEvent> {
  readonly event: ServerEvent
  readonly payload: (answer: Answers[E]) => object
}

/** A v2 client gets the acknowledgement alone; any other gets the page's events as well. */
export function createReply<E extends ClientEvent>(
  core: Core,
  session: Session,
  event: E,
  ack: Ack | null,
): Reply<E> {
  let isAnswered = false
  const answerOnce = (): boolean => {
    if (isAnswered) return false
    isAnswered = true
    session.pending -= 1
    // Whoever is let go by close() still hears the end of what was asked.
    return session.state !== 'closed' || core.isClosing
  }
  const hearsEvents = ack === null || session.version === 1
  const answer = (write: () => void): void => {
    if (hearsEvents && ack !== null) core.wire.together(session.peer, write)
    else write()
  }
  return {
    ok(payload) {
      if (!answerOnce()) return
      const confirmation: Confirmation<E> | null = CONFIRMATIONS[event]
      answer(() => {
        if (hearsEvents && confirmation !== null) {
          core.wire.emit(session.peer, confirmation.event, confirmation.payload(payload))
        }
        ack?.({ ok: true, ...payload })
      })
    },
    refuse(reasons) {
      if (!answerOnce()) return
      const problems: Problems = core.isClosing ? CLOSING : reasons
      core.announce.refused({ event, problems, socketId: session.peer.id })
      answer(() => {
        if (hearsEvents) sayProblems(core, session, event, problems)
        ack?.(refusalOf(core, problems))
      })
    },
  }
}

const CLOSING: Problems = [{ code: 'closing', retryAfterMs: 0 }]

/** Last words before everything ends. */
export function sayClosing(core: Core, session: Session): void {
  if (session.state !== 'closed') sayProblems(core, session, null, CLOSING)
}

/** Tells a client in sentences what was wrong. */
export function sayProblems(core: Core, session: Session, event: string | null, problems: Problems): void {
  const errors = sentencesOf(core.settings.catalogue, problems)
  const retryAfterMs = retryAfterOf(problems) ?? 0
  core.wire.emit(session.peer, ServerEvent.ErrorMessage, {
    errors,
    code: problems[0].code,
    event,
    ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
  })
}

function refusalOf(core: Core, problems: Problems): Refused {
  const retryAfterMs = retryAfterOf(problems)
  return {
    ok: false,
    code: problems[0].code,
    errors: sentencesOf(core.settings.catalogue, problems),
    retryable: problems.every(({ code }) => isRetryable(code)),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details: problems,
  }
}

function retryAfterOf(problems: readonly Problem[]): number | undefined {
  const waits = problems.flatMap((problem) => ('retryAfterMs' in problem ? [problem.retryAfterMs] : []))
  return waits.length === 0 ? undefined : Math.max(...waits)
}
