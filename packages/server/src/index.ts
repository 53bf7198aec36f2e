// Attaching

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
export type { Log } from './edge/log.ts'
export type {
  AuthenticatedUser,
  NotificationsOptions,
  ServerLimits,
  StatsOptions,
} from './edge/options.ts'
// Hooks
export type { AuthorizationRequest, ValidationRequest } from './flows/ports.ts'
export type { Identity } from './rules/identity.ts'
