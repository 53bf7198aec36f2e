import type { Server } from 'socket.io'
import type { nthNotification } from '../work.ts'

/** The two servers under test, as the server process uses them. */
export interface Subject {
  readonly io: Server
  /** Sends to the channel as the application would, without a client. */
  send(notification: ReturnType<typeof nthNotification>): unknown
}

export type SubjectName = 'bare' | 'carillon'
