/** Names of the events a client may emit. PROTOCOL.md, "Requests". */
export const ClientEvent = {
  JoinChannel: 'join-channel',
  LeaveChannel: 'leave-channel',
  SendNotification: 'send-notification',
  GetStats: 'get-stats',
  GetChannels: 'get-channels',
  AckNotifications: 'ack-notifications',
  GetHistory: 'get-history',
  RefreshAuth: 'refresh-auth',
} as const
export type ClientEvent = (typeof ClientEvent)[keyof typeof ClientEvent]

/** Names of the events a server emits. PROTOCOL.md, "Server events". */
export const ServerEvent = {
  ConnectionConfirmed: 'connection-confirmed',
  NotificationReceived: 'notification-received',
  NotificationsBatch: 'notifications-batch',
  NotificationSent: 'notification-sent',
  ChannelJoined: 'channel-joined',
  ChannelLeft: 'channel-left',
  ChannelsList: 'channels-list',
  ServerStats: 'server-stats',
  StreamReset: 'stream-reset',
  ErrorMessage: 'error-message',
} as const
export type ServerEvent = (typeof ServerEvent)[keyof typeof ServerEvent]

/** Version of the wire that our own client speaks; a client that names none speaks the first. */
export const PROTOCOL_VERSION = 2
