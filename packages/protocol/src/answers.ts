import type {
  AuthRefreshed,
  ChannelJoined,
  ChannelLeft,
  ChannelsList,
  HistoryPage,
  NotificationSent,
  ServerStats,
} from './payloads.ts'
import type { Problem, ProblemCode } from './problems.ts'

/** An acknowledgement of a request that was refused. */
export interface Refused {
  readonly ok: false
  /** Stable code of the first problem. */
  readonly code: ProblemCode
  /** The same sentences as in `error-message`. */
  readonly errors: readonly string[]
  /** The same request may succeed later. */
  readonly retryable: boolean
  readonly retryAfterMs?: number
  /** Every problem with its facts. */
  readonly details: readonly Problem[]
}

/** An acknowledgement: what was done, or why not. Called exactly once. */
export type Answer<T> = ({ readonly ok: true } & Readonly<T>) | Refused

/** What each request answers when all went well. */
export interface Answers {
  'join-channel': ChannelJoined
  'leave-channel': ChannelLeft
  'send-notification': NotificationSent
  'get-stats': ServerStats
  'get-channels': { channels: ChannelsList }
  'ack-notifications': Record<never, never>
  'get-history': HistoryPage
  'refresh-auth': AuthRefreshed
}
