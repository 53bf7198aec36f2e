import type { Server } from 'socket.io'
import type { nthNotification } from '../work.ts'

/** The servers under test, as the server process uses them. */
export interface Subject {
  readonly io: Server
  /** Sends to the channel as the application would, without a client. */
  send(notification: ReturnType<typeof nthNotification>): unknown
  /** Puts so many notifications into the log of the channel, past everything but the store. */
  fill?(items: number): Promise<void>
}

export type SubjectName = 'bare' | 'carillon' | 'exposed'
