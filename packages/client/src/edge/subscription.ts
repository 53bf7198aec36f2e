import type {
  ChannelJoined,
  Kinds,
  NotificationOf,
  NotificationReceived,
  RecoveryFailure,
  StreamName,
} from '@carillon/protocol'
import { callOptionsProblem } from '../rules/arguments.ts'
import type { NotificationsError } from '../rules/errors.ts'
import { type LeftReason, nextMembership, type SubscriptionState } from '../rules/membership.ts'
import { createEmitter, type Listening } from './emitter.ts'
import type { RequestOptions } from './waiters.ts'

export type SubscriptionEvents<K extends Kinds = Kinds> = {
  /** A notification of the channel: each once, in order. */
  notification: (notification: NotificationOf<K>) => void
  /** The channel was joined again after a reconnect; `recovered: false` says that something is lost, and why. */
  joined: (joined: ChannelJoined) => void
  /** Part of the channel's log is gone: see the client's event of this name. */
  reset: (loss: StreamLoss) => void
  /** It is over, and why; with the server's refusal if that was the reason. */
  left: (reason: LeftReason, error: NotificationsError | null) => void
}

/** What was missed and cannot come any more, or whose log begins anew. */
export interface StreamLoss {
  readonly stream: StreamName
  /** `null` for broadcasts (`stream` is `b`) and what is the user's own (`u`). */
  readonly channel: string | null
  /** The log as it is now. */
  readonly epoch: string
  /**
   * `trimmed`: it was kept for too short a time. `epoch`: the log was lost and begins anew. `future`, `id-mismatch`: it
   * was put back to an earlier state, for instance from a backup.
   */
  readonly reason: RecoveryFailure
}

/** A channel that was joined. It is joined again after every reconnect, until it is left. */
export interface Subscription<K extends Kinds = Kinds> extends Listening<SubscriptionEvents<K>> {
  readonly channel: string
  readonly state: SubscriptionState
  /** Why `state` is `left`, else `null`. */
  readonly reason: LeftReason | null
  /** Members at the last join. */
  readonly clientCount: number
  /** How many missed notifications the last join announced. */
  readonly pendingCount: number
  /**
   * Whether the last join brought back all that was missed since the one before, on this page or an earlier one.
   * `null` if there was none before.
   */
  readonly recovered: boolean | null
  /**
   * Leaves the channel: as {@link NotificationsClient.leaveChannel}, for this subscription. Once it has ended,
   * nothing happens.
   */
  leave(options?: RequestOptions): Promise<void>
}

export interface SubscriptionHooks {
  readonly onThrow: (cause: unknown, event: string) => void
  /** Where we stand may have changed: something was joined, or handed over that was held for a first listener. */
  readonly onMoved: () => void
}

/** The half of a subscription that belongs to the client. */
export interface SubscriptionControl {
  readonly subscription: Subscription
  onJoined(joined: ChannelJoined): void
  onReset(loss: StreamLoss): void
  onDropped(): void
  onEnded(reason: LeftReason, error: NotificationsError | null): void
  hand(notification: NotificationReceived): void
  /** Whether something waits for a first listener. */
  isHolding(): boolean
  /** The promise of the join has just been settled. */
  onDelivered(): void
}

const EVENTS = { notification: true, joined: true, reset: true, left: true } as const

/** How long the first notifications wait for a first listener, when nobody attached one at once. */
const PATIENCE_MS = 10_000
const HELD_AT_MOST = 1_000

export function createSubscription(
  channel: string,
  leave: (options: RequestOptions) => Promise<void>,
  { onThrow, onMoved }: SubscriptionHooks,
): SubscriptionControl {
  const emitter = createEmitter<SubscriptionEvents>(EVENTS, onThrow)
  const hold = createHold(() => emitter.listeners('notification').length > 0, onMoved)
  let state: SubscriptionState = 'joining'
  let reason: LeftReason | null = null
  let last: ChannelJoined | null = null

  const subscription: Subscription = {
    channel,
    get state() {
      return state
    },
    get reason() {
      return reason
    },
    get clientCount() {
      return last?.clientCount ?? 0
    },
    get pendingCount() {
      return last?.pendingCount ?? 0
    },
    get recovered() {
      return last?.recovered ?? null
    },
    leave(options = {}) {
      const problem = callOptionsProblem('leave', options)
      if (problem !== null) return Promise.reject(problem)
      return state === 'left' ? Promise.resolve() : leave(options)
    },
    on(event, listener) {
      emitter.add(event, listener, false)
      if (event === 'notification') hold.onListener()
      return subscription
    },
    once(event, listener) {
      emitter.add(event, listener, true)
      if (event === 'notification') hold.onListener()
      return subscription
    },
    off(event, listener) {
      emitter.off(event, listener)
      return subscription
    },
    listeners: (event) => emitter.listeners(event),
  }

  return {
    subscription,
    onJoined(joined) {
      state = nextMembership(state, 'confirmed')
      last = joined
      emitter.emit('joined', joined)
    },
    onReset: (loss) => hold.hand(() => emitter.emit('reset', loss)),
    onDropped() {
      state = nextMembership(state, 'dropped')
    },
    onEnded(why, error) {
      if (state === 'left') return
      state = nextMembership(state, 'ended')
      reason = why
      hold.drop()
      emitter.emit('left', why, error)
    },
    hand: (notification) => hold.hand(() => emitter.emit('notification', notification)),
    isHolding: hold.isHolding,
    onDelivered: hold.onDelivered,
  }
}

/**
 * What follows a join can arrive in the same task as its confirmation, before the code after
 * `await joinChannel()` has run and attached a listener. So it waits: for the end of the task at least, and if
 * nobody listens then (`Promise.all` over several joins), for the first listener, but not for ever.
 */
function createHold(isHeard: () => boolean, onMoved: () => void) {
  let held: (() => void)[] | null = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let isDelivered = false

  function release(): void {
    clearTimeout(timer)
    const waiting = held ?? []
    held = null
    for (const tell of waiting) tell()
    onMoved()
  }
  function releaseIn(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(release, ms)
  }

  return {
    hand(tell: () => void): void {
      if (held === null) tell()
      else if (held.push(tell) >= HELD_AT_MOST) release()
    },
    isHolding: (): boolean => held !== null && held.length > 0,
    onDelivered(): void {
      if (held === null || isDelivered) return
      isDelivered = true
      timer = setTimeout(() => (isHeard() ? release() : releaseIn(PATIENCE_MS)), 0)
    },
    onListener(): void {
      if (held !== null && isDelivered) releaseIn(0)
    },
    drop(): void {
      clearTimeout(timer)
      held = null
    },
  }
}
