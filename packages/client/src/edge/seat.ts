import type { Ticket } from './requests.ts'
import {
  createSubscription,
  type Subscription,
  type SubscriptionControl,
  type SubscriptionHooks,
} from './subscription.ts'
import { createWaiters, type RequestOptions, type Waiters } from './waiters.ts'

/** One channel that is wanted. */
export interface Seat {
  readonly channel: string
  /** What a newcomer gets of before. */
  readonly rewind: number | undefined
  readonly control: SubscriptionControl
  readonly waiters: Waiters<Subscription>
  /** The first join takes its turn in the queue of requests. */
  ticket: Ticket | null
  wasJoined: boolean
  /** Whether the last join told where we stopped: its answer is about that, then. */
  brought: boolean
  /** Counts the re-joins, to know a late answer. */
  round: number
  refusals: number
  timer: ReturnType<typeof setTimeout> | undefined
}

export function createSeat(
  channel: string,
  rewind: number | undefined,
  leave: (channel: string, options: RequestOptions) => Promise<unknown>,
  hooks: SubscriptionHooks,
): Seat {
  const leaveOwn = async (options: RequestOptions): Promise<void> => void (await leave(channel, options))
  return {
    channel,
    rewind,
    control: createSubscription(channel, (options) => unheard(leaveOwn(options)), hooks),
    waiters: createWaiters(),
    ticket: null,
    wasJoined: false,
    brought: false,
    round: 0,
    refusals: 0,
    timer: undefined,
  }
}

/** Leaving is often the last thing that anybody does with a channel: nobody need wait for it. */
export function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
