import {
  ClientEvent,
  type Limits,
  type NotificationInput,
  type NotificationSent,
  notificationProblems,
} from '@carillon/protocol'
import { notificationProblem } from '../rules/arguments.ts'
import type { NotificationsError } from '../rules/errors.ts'
import type { SavedSend } from '../rules/saved.ts'
import { sizeError, snapshotOf } from '../rules/snapshot.ts'
import type { Locker } from './locker.ts'
import { randomId } from './random.ts'
import type { Requests } from './requests.ts'
import type { RequestOptions } from './waiters.ts'

/** Sends until their outcome is known. Their order and repetition are the business of the requests. */
export interface Outbox {
  send(notification: NotificationInput, options: RequestOptions): Promise<NotificationSent>
  /**
   * The server has said who we are.
   *
   * @param isSame we are who the page before this one was: what it left goes out, before everything else
   */
  onConfirmed(isSame: boolean): void
  /** Every call was told how it ended; what the page before left, and has not gone out, is for the next one. */
  close(): void
}

const CALL = 'sendNotification'

type Shelf = Pick<Locker, 'clientId' | 'sends' | 'keepSends'>

/**
 * @param shelf where sends are kept for the page after this one; `null` for nowhere
 * @param limits what the server takes, as far as is known now
 * @param onLost called when a send of the page before failed: nobody else hears of it
 */
export function createOutbox(
  requests: Pick<Requests, 'ask'>,
  shelf: Shelf | null,
  limits: () => Limits,
  onLost: (error: NotificationsError) => void,
): Outbox {
  const kept = new Set<SavedSend>()
  /** What the page before left, until it is answered; absent as long as nobody could look. */
  let former: readonly SavedSend[] | undefined
  let isRestored = false
  let isClosed = false

  function save(): void {
    former ??= shelf?.sends()
    shelf?.keepSends([...(former ?? []), ...kept])
  }

  function deliver(saved: SavedSend, options: RequestOptions, isFirst: boolean): Promise<NotificationSent> {
    const { notification } = saved
    const { idempotencyKey, channel = null, to } = notification
    if (!isFirst) {
      kept.add(saved)
      save()
    }
    const facts = { idempotencyKey }
    // What fitted on the page before may be too much for the server that is there now.
    const misfit = isFirst ? sizeError(CALL, notificationProblems(notification, limits()), facts) : null
    const sent =
      misfit === null
        ? requests.ask({
            call: CALL,
            event: ClientEvent.SendNotification,
            args: [notification],
            options,
            facts,
            lane: JSON.stringify([channel, to?.user]),
            isFirst,
          })
        : Promise.reject(misfit)
    return sent.finally(() => {
      kept.delete(saved)
      former = former?.filter((each) => each !== saved)
      save()
    })
  }

  return {
    async send(input, options) {
      const problem = notificationProblem(input)
      if (problem !== null) throw problem
      const notification = snapshotOf(CALL, input, input.idempotencyKey ?? randomId(), limits())
      const timeoutMs = options?.timeoutMs
      return deliver({ notification, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, options, false)
    },
    onConfirmed(isSame) {
      save()
      if (isRestored || former === undefined) return
      isRestored = true
      if (!isSame) former = []
      // Each goes before all others, so the last one first.
      for (const saved of [...former].reverse()) {
        const { timeoutMs } = saved
        const options =
          timeoutMs === undefined ? {} : { timeoutMs: Number(timeoutMs) || Number.POSITIVE_INFINITY }
        deliver(saved, options, true).catch((error) => isClosed || onLost(error))
      }
      save()
    },
    close() {
      kept.clear()
      save()
      isClosed = true
    },
  }
}
