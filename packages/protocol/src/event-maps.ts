import type { Answer, Answers } from './answers.ts'
import type { ClientEvent, ServerEvent } from './events.ts'
import type { JsonObject } from './json.ts'
import type { ServerPayload } from './payloads.ts'
import type { HistoryQuery, JoinOptions, NotificationInput, Positions } from './requests.ts'

type Ack<E extends ClientEvent> = (answer: Answer<Answers[E]>) => void

/** What a client emits. Types the `emit` of socket.io-client; the acknowledgement is always optional. */
export interface ClientToServerEvents {
  'join-channel': (
    channel: string,
    options?: JoinOptions | null | Ack<'join-channel'>,
    ack?: Ack<'join-channel'>,
  ) => void
  'leave-channel': (channel: string, ack?: Ack<'leave-channel'>) => void
  'send-notification': (notification: NotificationInput, ack?: Ack<'send-notification'>) => void
  'get-stats': (ack?: Ack<'get-stats'>) => void
  'get-channels': (ack?: Ack<'get-channels'>) => void
  'ack-notifications': (positions: Positions, ack?: Ack<'ack-notifications'>) => void
  'get-history': (query: HistoryQuery, ack?: Ack<'get-history'>) => void
  'refresh-auth': (auth: JsonObject, ack?: Ack<'refresh-auth'>) => void
}

/** What a client hears. */
export type ServerToClientEvents = { [E in ServerEvent]: (payload: ServerPayload<E>) => void }

/** The same requests as a server sees them: whatever came over the network. */
export type Untrusted<Events> = {
  [E in keyof Events]: (...args: unknown[]) => void
}
