import type { Manager } from 'socket.io-client'
import { type Comeback, comebackDelay, endsForNow, type LastWords } from '../rules/comeback.ts'
import { LONGEST_TIMER_MS } from '../rules/timers.ts'

/** Coming back from an end that the server wanted for now: Socket.IO itself takes every such end for final. */
export interface Comebacks {
  /** @param words the last ones of the server; absent when it was not the one who ended the connection */
  onEnded(words: LastWords | undefined): Comeback
  onConfirmed(): void
  isWaiting(): boolean
  stop(): void
}

type Settings = Pick<
  Manager,
  | 'reconnection'
  | 'reconnectionAttempts'
  | 'reconnectionDelay'
  | 'reconnectionDelayMax'
  | 'randomizationFactor'
>

/**
 * @param settings the host's own, for connections that break
 * @param isAskable whether a handshake may bring something else than the one before
 * @param comeBack called when it is time
 */
export function createComebacks(
  settings: Settings,
  isAskable: () => boolean,
  comeBack: () => void,
): Comebacks {
  let attempts = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let confirmedAt = Number.POSITIVE_INFINITY

  function stop(): void {
    clearTimeout(timer)
    timer = undefined
  }

  return {
    onEnded(words) {
      stop()
      if (!endsForNow(words?.code, isAskable())) return 'final'
      const maxDelayMs = Number(settings.reconnectionDelayMax())
      // What ends as soon as it is confirmed is no success: it would be a loop that never tires.
      if (performance.now() - confirmedAt > maxDelayMs) attempts = 0
      confirmedAt = Number.POSITIVE_INFINITY
      if (!settings.reconnection() || attempts >= Number(settings.reconnectionAttempts())) {
        attempts = 0
        return 'used-up'
      }
      const delayMs = Number(settings.reconnectionDelay())
      const jitter = Number(settings.randomizationFactor())
      const delay = comebackDelay(attempts, { delayMs, maxDelayMs, jitter }, Math.random())
      attempts += 1
      timer = setTimeout(
        () => {
          timer = undefined
          comeBack()
        },
        Math.min(Math.max(delay, words?.retryAfterMs ?? 0), LONGEST_TIMER_MS),
      )
      return 'coming'
    },
    onConfirmed() {
      confirmedAt = performance.now()
    },
    isWaiting: () => timer !== undefined,
    stop,
  }
}
