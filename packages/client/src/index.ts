// The client

// What travels
export type {
  AuthRefreshed,
  ChannelJoined,
  ChannelLeft,
  ChannelsList,
  ConnectionConfirmed,
  DataOf,
  HistoryPage,
  HistoryPageOf,
  JsonObject,
  JsonValue,
  KindOf,
  Kinds,
  NotificationInput,
  NotificationInputOf,
  NotificationOf,
  NotificationReceived,
  NotificationSent,
  NotificationType,
  Position,
  Problem,
  ProblemCode,
  RecoveryFailure,
  ServerStats,
  StreamName,
} from '@carillon/protocol'
export type { ConnectOptions } from './edge/connect.ts'
export { connectNotifications } from './edge/connect.ts'
export type { Listening } from './edge/emitter.ts'
export type { Auth, AuthFields } from './edge/handshake.ts'
export type { StreamLoss, Subscription, SubscriptionEvents } from './edge/subscription.ts'
export type { ClientEvents, HistoryRequest, NotificationsClient } from './edge/surface.ts'
export type { JoinCallOptions, RequestOptions } from './edge/waiters.ts'
export type { ClientProblemCode, ErrorCode, Outcome } from './rules/errors.ts'
// Errors
export { isNotificationsError, NotificationsError } from './rules/errors.ts'
export type { LeftReason, SubscriptionState } from './rules/membership.ts'
export type { ClientOptions, ClientStorage } from './rules/options.ts'
export type { ConnectionStatus } from './rules/status.ts'
