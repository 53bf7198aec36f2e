// Names

export { ClientEvent, PROTOCOL_VERSION, ServerEvent } from './events.ts'
export type { StreamName } from './streams.ts'
export { BROADCAST_STREAM, channelOf, channelStream, isStreamName, USER_STREAM } from './streams.ts'

// Payloads

export type { Answer, Answers, Refused } from './answers.ts'
export type { ClientToServerEvents, ServerToClientEvents, Untrusted } from './event-maps.ts'
export type { JsonObject, JsonValue } from './json.ts'
export type {
  DataInputOf,
  DataOf,
  HistoryPageOf,
  KindOf,
  Kinds,
  NotificationInputOf,
  NotificationOf,
} from './kinds.ts'
export type {
  AuthRefreshed,
  ChannelJoined,
  ChannelLeft,
  ChannelsList,
  ConnectionConfirmed,
  ErrorMessage,
  HistoryPage,
  HistoryQuery,
  JoinOptions,
  NotificationDraft,
  NotificationInput,
  NotificationReceived,
  NotificationSent,
  NotificationsBatch,
  NotificationType,
  Position,
  Positions,
  RecoveryFailure,
  Request,
  ServerPayload,
  ServerStats,
  StreamReset,
} from './payloads.ts'
export {
  historyPage,
  isKind,
  LEFT_REASONS,
  NOTIFICATION_FIELDS,
  NOTIFICATION_TYPES,
  RECOVERY_FAILURES,
  requestArguments,
  serverPayloads,
} from './payloads.ts'

// Checks

export type { Claims } from './handshake.ts'
export { parseHandshake } from './handshake.ts'
export type { JsonBounds, JsonFault } from './json.ts'
export { findJsonFault, isPlainObject, measuredSize } from './json.ts'
export { LIMITS } from './limits.ts'
export type { Parsed } from './parse.ts'
export { jsonProblem, parseRequest, typeNameOf } from './parse.ts'
export { utf8Length } from './text.ts'

// Problems and sentences

export { en } from './locales/en.ts'
export { fr } from './locales/fr.ts'
export type { Problem, ProblemCode, ProblemDetails, Problems } from './problems.ts'
export { isRetryable, PROBLEM_CODES } from './problems.ts'
export type { Catalogue } from './sentences.ts'
export { sentenceOf, sentencesOf } from './sentences.ts'
