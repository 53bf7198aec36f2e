// Attaching

export type { Kinds } from '@carillon/protocol'
export type { NotificationStore } from '@carillon/store'
// Stores
export { createMemoryStore } from '@carillon/store'
export { attachNotifications } from './edge/attach.ts'
export type { NotificationsErrorCode } from './edge/errors.ts'
export { NotificationsError } from './edge/errors.ts'
// The handle
export type {
  CloseOptions,
  MemberFact,
  NamespaceHandle,
  NotificationsEvents,
  NotificationsHandle,
  ServerNotification,
} from './edge/handle.ts'
export type { RateBounds, ServerLimits, StatsOptions } from './edge/limits.ts'
export { DEFAULTS } from './edge/limits.ts'
export type { Log } from './edge/log.ts'
export type {
  AuthenticatedUser,
  Authentication,
  NotificationsOptions,
  RateOptions,
} from './edge/options.ts'
export type { AllowRequest } from './edge/origins.ts'
export { allowOrigins } from './edge/origins.ts'
export type {
  ChannelPolicies,
  ChannelPolicy,
  HistoryPolicy,
  PolicyRight,
} from './edge/policies.ts'
// Hooks
export type { AuthorizationRequest, ValidationRequest, ValidationRequestOf } from './flows/ports.ts'
export type { Identity } from './rules/identity.ts'
export type { Audience } from './rules/policies.ts'
