import { isPlainObject, type Problem, type Refused } from '@carillon/protocol'

export type Read<T> = { readonly ok: true; readonly value: T } | Refused

/**
 * Finds the answer among the arguments of an acknowledgement. A socket with `ackTimeout` or `retries` puts an
 * error or `null` before it; an error alone says that Socket.IO gave up, which is no answer.
 *
 * @returns `null` for no answer, `undefined` for something that is none of ours
 */
export function readAnswer<T>(args: readonly unknown[]): Read<T> | null | undefined {
  if (args[0] instanceof Error) return null
  const given = args[0] === null ? args[1] : args[0]
  if (!isPlainObject(given)) return undefined
  const { ok, ...value } = given
  // What an answer holds besides `ok` is the server's word; types are all that can be said of it here.
  if (ok === true) return { ok, value: value as T }
  return ok === false ? refusedOf(value) : undefined
}

function refusedOf({ code, errors, retryable, retryAfterMs, details }: Record<string, unknown>): Refused {
  return {
    ok: false,
    code: typeof code === 'string' ? (code as Refused['code']) : 'internal',
    errors: Array.isArray(errors) ? errors.map(String) : [],
    retryable: retryable === true,
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    details: Array.isArray(details) ? details.filter(isProblem) : [],
  }
}

function isProblem(value: unknown): value is Problem {
  return isPlainObject(value) && typeof value.code === 'string'
}
