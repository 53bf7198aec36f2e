import {
  type ChannelJoined,
  type ChannelLeft,
  ClientEvent,
  channelStream,
  type NotificationReceived,
  type Refused,
  type StreamName,
} from '@carillon/protocol'
import { type NotificationsError, type Outcome, refusalError } from '../rules/errors.ts'
import { type LeftReason, retryDelay } from '../rules/membership.ts'
import type { Settings } from '../rules/options.ts'
import type { PositionBook } from '../rules/positions.ts'
import { LONGEST_TIMER_MS } from '../rules/timers.ts'
import { createJob, failureError, type Job } from './job.ts'
import { createLeaves } from './leaves.ts'
import type { Requests } from './requests.ts'
import { createSeat, type Seat, unheard } from './seat.ts'
import type { StreamLoss, Subscription, SubscriptionHooks } from './subscription.ts'
import type { JoinCallOptions, RequestOptions } from './waiters.ts'

/** The channels that the application wants to be in, and how they get there. */
export interface Channels {
  join(channel: string, options: JoinCallOptions): Promise<Subscription>
  leave(channel: string, options: RequestOptions): Promise<ChannelLeft>
  /** Whether a notification of this channel is still wanted. */
  isWanted(channel: string): boolean
  hand(channel: string, notification: NotificationReceived): void
  /** Whether something waits for the channel's first listener. */
  isHolding(channel: string): boolean
  /** The server put us on the channel without being asked: its log may have begun anew. */
  onCut(joined: ChannelJoined): void
  onReset(channel: string, loss: StreamLoss): void
  /** The server took us off the channel and will be back. */
  onLetGo(channel: string): void
  /** The host took us out of the channel: nobody asks for it again by itself. */
  onRevoked(channel: string): void
  onReady(): void
  onDropped(): void
  close(): void
}

export interface ChannelHooks extends SubscriptionHooks {
  /** A join did not bring back all that was missed. */
  readonly onLost: (stream: StreamName, joined: ChannelJoined) => void
}

export function createChannels(
  requests: Requests,
  positions: PositionBook,
  settings: Settings,
  hooks: ChannelHooks,
): Channels {
  const seats = new Map<string, Seat>()
  const leaves = createLeaves(requests)

  function join(channel: string, options: JoinCallOptions): Promise<Subscription> {
    const refused = requests.refusal('joinChannel', options)
    if (refused !== null) return Promise.reject(refused)
    const known = seats.get(channel)
    if (known?.control.subscription.state === 'joined') return Promise.resolve(known.control.subscription)
    const seat = known ?? createSeat(channel, options.rewind, leave, hooks)
    const outcome = (): Outcome => (seat.wasJoined || seat.ticket?.sent === true ? 'unknown' : 'unsent')
    const onGaveUp = (): void => {
      // Once it has left, a join is not undone: leaving would make the server forget where we stopped.
      if (seat.waiters.size === 0 && outcome() === 'unsent') end(seat, 'client', null)
    }
    const joined = requests.wait(seat.waiters, {
      call: 'joinChannel',
      event: ClientEvent.JoinChannel,
      options,
      outcome,
      onGaveUp,
    })
    if (known === undefined) takeSeat(seat)
    return joined
  }

  /** @param isLate whether a later join was asked for meanwhile, which is the one that counts if this one failed */
  function joinJob(seat: Seat, args: () => readonly unknown[], isLate: () => boolean): Job {
    return createJob(
      ClientEvent.JoinChannel,
      args,
      (answer) => {
        if (answer.ok) onJoined(seat, answer.value, seat.brought)
        else if (!isLate()) onRefused(seat, answer)
      },
      (failure) => {
        if (!isLate()) end(seat, 'refused', failureError('joinChannel', failure, { outcome: 'unknown' }))
      },
    )
  }

  function takeSeat(seat: Seat): void {
    seats.set(seat.channel, seat)
    const job = joinJob(
      seat,
      () => argsOf(seat),
      () => false,
    )
    seat.ticket = requests.enqueue(job)
    if (seat.ticket !== null) return
    end(seat, 'refused', failureError('joinChannel', { code: 'queue-full' }, { outcome: 'unsent' }))
  }

  function argsOf(seat: Seat): readonly unknown[] {
    const { channel } = seat
    const since = positions.since(channelStream(channel))
    seat.brought = since !== null
    return since === null && seat.rewind === undefined ? [channel] : [channel, { since, rewind: seat.rewind }]
  }

  /** Asks for a channel that was joined before, until the server has answered for good. */
  function rejoin(seat: Seat): void {
    seat.round += 1
    const { round } = seat
    const isLate = (): boolean => seat.round !== round
    const args = (): readonly unknown[] => {
      restartTimer(seat, settings.timeoutMs)
      return argsOf(seat)
    }
    const isOver = (): boolean => isLate() || seats.get(seat.channel) !== seat
    requests.direct({ ...joinJob(seat, args, isLate), isOver })
  }

  function restartTimer(seat: Seat, ms: number): void {
    clearTimeout(seat.timer)
    seat.timer = ms <= LONGEST_TIMER_MS ? setTimeout(() => rejoin(seat), ms) : undefined
  }

  function onJoined(seat: Seat, joined: ChannelJoined, brought: boolean): void {
    if (seats.get(seat.channel) !== seat) return
    clearTimeout(seat.timer)
    leaves.onJoined(seat.channel)
    cut(joined, brought)
    seat.wasJoined = true
    seat.ticket = null
    seat.refusals = 0
    seat.control.onJoined(joined)
    if (joined.recovered === false) hooks.onLost(channelStream(seat.channel), joined)
    seat.waiters.resolve(seat.control.subscription)
    seat.control.onDelivered()
    hooks.onMoved()
  }

  function cut(
    { channel, epoch, offset, pendingCount, hasMore, reason }: ChannelJoined,
    brought: boolean,
  ): void {
    const isComplete = pendingCount === 0 && !hasMore
    positions.onJoined(channelStream(channel), { epoch, offset, reason, isComplete }, brought)
  }

  function onRefused(seat: Seat, refused: Refused): void {
    if (seats.get(seat.channel) !== seat) return
    // What was refused for now may be joined later, and goes on where it stopped.
    if (!refused.retryable) positions.forget(channelStream(seat.channel))
    if (!seat.wasJoined || !refused.retryable) {
      end(seat, 'refused', refusalError('joinChannel', refused))
      return
    }
    seat.refusals += 1
    restartTimer(seat, retryDelay(seat.refusals, refused.retryAfterMs))
  }

  /** The subscription is over; what the server knows of it is another matter. */
  function end(seat: Seat, reason: LeftReason, error: NotificationsError | null): void {
    if (seats.get(seat.channel) !== seat) return
    seats.delete(seat.channel)
    clearTimeout(seat.timer)
    if (seat.ticket?.phase === 'waiting') requests.withdraw(seat.ticket)
    seat.control.onEnded(reason, error)
    const code = reason === 'closed' ? 'closed' : 'aborted'
    seat.waiters.reject(error ?? failureError('joinChannel', { code }, { outcome: 'unknown' }))
  }

  function leave(channel: string, options: RequestOptions): Promise<ChannelLeft> {
    const refused = requests.refusal('leaveChannel', options)
    if (refused !== null) return Promise.reject(refused)
    const seat = seats.get(channel)
    if (seat !== undefined) end(seat, 'client', null)
    positions.forget(channelStream(channel))
    return unheard(leaves.leave(channel, options))
  }

  return {
    join,
    leave,
    isWanted: (channel) => !leaves.isUnderWay(channel),
    hand: (channel, notification) => seats.get(channel)?.control.hand(notification),
    isHolding: (channel) => seats.get(channel)?.control.isHolding() ?? false,
    onCut(joined) {
      const seat = seats.get(joined.channel)
      if (seat?.wasJoined === true) onJoined(seat, joined, false)
    },
    onReset: (channel, loss) => seats.get(channel)?.control.onReset(loss),
    onLetGo: (channel) => seats.get(channel)?.control.onDropped(),
    onRevoked(channel) {
      const seat = seats.get(channel)
      // One that is not confirmed yet is a later join, which has an answer of its own.
      if (seat?.control.subscription.state !== 'joined') return
      positions.forget(channelStream(channel))
      end(seat, 'revoked', null)
    },
    onReady() {
      for (const seat of seats.values()) if (seat.wasJoined) rejoin(seat)
    },
    onDropped() {
      for (const seat of seats.values()) {
        clearTimeout(seat.timer)
        seat.round += 1
        seat.control.onDropped()
      }
    },
    close() {
      for (const seat of [...seats.values()]) end(seat, 'closed', null)
      leaves.close()
    },
  }
}
