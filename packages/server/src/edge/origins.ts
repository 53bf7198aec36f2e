import type { IncomingMessage } from 'node:http'
import { typeNameOf } from '@carillon/protocol'
import { NotificationsError } from './errors.ts'

/** What Socket.IO's option `allowRequest` takes. */
export type AllowRequest = (
  request: IncomingMessage,
  decide: (error: string | null | undefined, success: boolean) => void,
) => void

/**
 * For Socket.IO's option `allowRequest`: pages of other sites may not connect. A browser sends cookies with a
 * WebSocket whatever page opens it, and `cors` does not hold there; so a server that knows its users by cookies needs
 * this. Requests without an origin come from programs, which could say anything, and are let through.
 *
 * ```ts
 * const io = new Server(httpServer, { allowRequest: allowOrigins(['https://app.example.com']) })
 * ```
 *
 * @param origins scheme, host and port (where it is not the usual one) of every page that may connect
 * @throws NotificationsError `BAD_OPTION` for what is no origin: a path, a wildcard, nothing at all
 */
export function allowOrigins(origins: readonly string[]): AllowRequest {
  if (!Array.isArray(origins) || origins.length === 0) {
    throw badOrigins(
      `must be a list of origins, got ${Array.isArray(origins) ? 'an empty one' : typeNameOf(origins)}`,
    )
  }
  const allowed = new Set(origins.map(checkedOrigin))
  return ({ headers: { origin } }, decide) => {
    if (origin === undefined || allowed.has(origin)) decide(null, true)
    else decide('origin not allowed', false)
  }
}

/** A browser writes an origin in one way only, so another spelling would never fit. */
function checkedOrigin(origin: unknown): string {
  if (typeof origin !== 'string') throw badOrigins(`must hold text, got ${typeNameOf(origin)}`)
  const normal = URL.canParse(origin) ? new URL(origin).origin : 'null'
  if (normal === origin && origin !== 'null') return origin
  const hint = normal === 'null' ? 'an origin, as https://app.example.com' : JSON.stringify(normal)
  throw badOrigins(`must hold ${hint}, got ${JSON.stringify(origin)}`)
}

function badOrigins(what: string): NotificationsError {
  return new NotificationsError('BAD_OPTION', `allowOrigins: the origins ${what}`)
}
