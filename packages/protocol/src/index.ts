// Names

export { ClientEvent, PROTOCOL_VERSION, ServerEvent } from './events.ts'
export type { StreamName } from './streams.ts'
export { BROADCAST_STREAM, channelOf, channelStream, isStreamName, USER_STREAM } from './streams.ts'

// Payloads

export type { Answer, Answers, Refused } from './answers.ts'
export type { ClientToServerEvents, ServerToClientEvents, Untrusted } from './event-maps.ts'
export type { NotificationType, Position } from './fields.ts'
export { isKind, NOTIFICATION_TYPES } from './fields.ts'
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
  NotificationReceived,
  NotificationSent,
  NotificationsBatch,
  RecoveryFailure,
  ServerPayload,
  ServerStats,
  StreamReset,
} from './payloads.ts'
export { historyPage, LEFT_REASONS, RECOVERY_FAILURES, serverPayloads } from './payloads.ts'
export type {
  HistoryQuery,
  JoinOptions,
  NotificationDraft,
  NotificationInput,
  Positions,
  Request,
} from './requests.ts'
export { NOTIFICATION_FIELDS, requestArguments } from './requests.ts'

// Checks

export type { Claims } from './handshake.ts'
export { parseHandshake } from './handshake.ts'
export type { JsonBounds, JsonFault } from './json.ts'
export { findJsonFault, isPlainObject, measuredSize } from './json.ts'
export { LIMITS } from './limits.ts'
export type { Parsed } from './parse.ts'
export { parseRequest, typeNameOf } from './parse.ts'
export type { Limits, SizeProblem } from './sizes.ts'
export { jsonProblems, nameProblems, notificationProblems } from './sizes.ts'

// Problems and sentences

export { en } from './locales/en.ts'
export { fr } from './locales/fr.ts'
export type { Problem, ProblemCode, ProblemDetails, Problems } from './problems.ts'
export { isRetryable, PROBLEM_CODES } from './problems.ts'
export type { Catalogue } from './sentences.ts'
export { sentenceOf, sentencesOf } from './sentences.ts'
