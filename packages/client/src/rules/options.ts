import { numberProblem } from './arguments.ts'

/** Options of the client itself, for a URL and for a socket alike. */
export interface ClientOptions {
  /**
   * Milliseconds that a call waits for its answer, the wait for the connection included. `Infinity` waits for
   * ever. Each call may have its own.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number
  /**
   * How many requests may wait for the connection; one more is rejected with `queue-full`.
   *
   * @default 1000
   */
  readonly maxWaiting?: number
}

export type Settings = Readonly<Required<ClientOptions>>

type Given = { readonly [O in keyof ClientOptions]: ClientOptions[O] | undefined }

/** The names of the options above. */
export const OWN_OPTIONS = Object.keys({
  timeoutMs: true,
  maxWaiting: true,
} satisfies Record<keyof ClientOptions, true>)

const DEFAULT_TIMEOUT_MS = 10_000
const DEFAULT_MAX_WAITING = 1_000

export function resolveOptions({ timeoutMs, maxWaiting }: Given): Settings {
  return {
    timeoutMs: positive('timeoutMs', timeoutMs, DEFAULT_TIMEOUT_MS),
    maxWaiting: positive('maxWaiting', maxWaiting, DEFAULT_MAX_WAITING),
  }
}

function positive(name: string, given: number | undefined, byDefault: number): number {
  const problem = numberProblem('connectNotifications', name, given)
  if (problem !== null) throw problem
  return given ?? byDefault
}
