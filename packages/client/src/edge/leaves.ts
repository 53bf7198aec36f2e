import { type ChannelLeft, ClientEvent } from '@carillon/protocol'
import { type Outcome, refusalError } from '../rules/errors.ts'
import { createJob, failureError } from './job.ts'
import type { Requests, Ticket } from './requests.ts'
import { createWaiters, type RequestOptions, type Waiters } from './waiters.ts'

/**
 * Leaves that the server has not confirmed. To leave is to unsubscribe, and the server must hear of it even
 * when nobody waits for that any more: otherwise it keeps what is missed for the next visit.
 */
export interface Leaves {
  leave(channel: string, options: RequestOptions): Promise<ChannelLeft>
  /** Until the server has confirmed, what comes of the channel belongs to nobody. */
  isUnderWay(channel: string): boolean
  /** A later join was confirmed, so the leave is done. */
  onJoined(channel: string): void
  close(): void
}

interface Leave {
  readonly waiters: Waiters<ChannelLeft>
  ticket: Ticket | null
}

export function createLeaves(requests: Requests): Leaves {
  const underWay = new Map<string, Leave>()

  function begin(channel: string): Leave {
    const leave: Leave = { waiters: createWaiters(), ticket: null }
    underWay.set(channel, leave)
    return leave
  }

  function done(channel: string, leave: Leave): void {
    if (underWay.get(channel) === leave) underWay.delete(channel)
  }

  function send(channel: string, leave: Leave): void {
    const job = createJob(
      ClientEvent.LeaveChannel,
      () => [channel],
      (answer) => {
        done(channel, leave)
        if (answer.ok) leave.waiters.resolve(answer.value)
        else leave.waiters.reject(refusalError('leaveChannel', answer))
      },
      (failure) => {
        done(channel, leave)
        leave.waiters.reject(failureError('leaveChannel', failure, { outcome: outcomeOf(leave) }))
      },
    )
    leave.ticket = requests.enqueue(job)
    if (leave.ticket === null) job.onFailure({ code: 'queue-full' })
  }

  return {
    leave(channel, options) {
      const known = underWay.get(channel)
      // One that has not gone out yet does for both; one that has may be older than a join.
      const waiting = known?.ticket?.phase === 'waiting' ? known : undefined
      const leave = waiting ?? begin(channel)
      const call = 'leaveChannel'
      const left = requests.wait(leave.waiters, { call, options, outcome: () => outcomeOf(leave) })
      if (waiting === undefined) send(channel, leave)
      return left
    },
    isUnderWay: (channel) => underWay.has(channel),
    onJoined: (channel) => void underWay.delete(channel),
    close: () => underWay.clear(),
  }
}

function outcomeOf({ ticket }: Leave): Outcome {
  return ticket?.sent === true ? 'unknown' : 'unsent'
}
