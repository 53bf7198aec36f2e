import { numberProblem } from './arguments.ts'

/** What the client keeps its memory in; a `Storage` of a browser is one. It answers at once, not by promise. */
export interface ClientStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** What outlives a page. */
export interface StorageOptions {
  /**
   * Where the client keeps its id and how far it got in every stream, so that a page that loads again goes on where
   * the one before stopped. It must belong to this page alone: two tabs that share one (`localStorage`) would skip
   * what the other has had. A tab that the browser duplicated is noticed and gets an id of its own. What throws, is
   * full, or holds something else is passed over. `false` keeps everything in memory.
   *
   * @default `sessionStorage`, where there is one that can be used
   */
  readonly storage?: ClientStorage | false
  /**
   * Where sends wait that are not confirmed. With `'storage'` the next page sends them again, under their keys, so
   * that each becomes one notification; if one of them fails there, a `problem` tells it.
   *
   * @default `'memory'`: a page that goes takes them along
   */
  readonly outbox?: 'memory' | 'storage'
}

/** Options of the client itself, for a URL and for a socket alike. */
export interface ClientOptions extends StorageOptions {
  /**
   * Milliseconds that a call waits for its answer, the wait for the connection included. `Infinity` waits for
   * ever. Each call may have its own. What the server allows in a while goes out at once, and the rest when it may: the
   * time for which rates of the server hold a call back does not count here, up to a minute. It does in a limit that
   * the call brings.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number
  /**
   * How many requests may wait: for the connection, for their turn, or to be tried again. One more is rejected with
   * `queue-full`.
   *
   * @default 1000
   */
  readonly maxWaiting?: number
}

type Bounds = Omit<ClientOptions, keyof StorageOptions>

export type Settings = Readonly<Required<Bounds>>

type Given = { readonly [O in keyof Bounds]: Bounds[O] | undefined }

/** The names of the options above. */
export const OWN_OPTIONS = Object.keys({
  timeoutMs: true,
  maxWaiting: true,
  storage: true,
  outbox: true,
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
