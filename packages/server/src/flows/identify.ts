import { type Claims, type JsonObject, type Problems, parseHandshake } from '@carillon/protocol'
import type { Identity } from '../rules/identity.ts'
import { type Core, reportFault } from './core.ts'
import { ask } from './hooks.ts'
import type { Session } from './session.ts'

/** One object for all who say nothing of themselves. */
export const GUEST: Identity = Object.freeze({ userId: null, username: null, verified: false, claims: null })

const FAILED: Problems = [{ code: 'hook-failed', hook: 'authenticate' }]
const CLOSING: Problems = [{ code: 'closing', retryAfterMs: 0 }]
const REFUSED: Problems = [{ code: 'unauthenticated', reason: 'refused' }]
const EXPIRED: Problems = [{ code: 'token-expired' }]

export type Identified =
  | {
      readonly ok: true
      readonly identity: Identity
      /** Milliseconds since 1970; `null` for never. */
      readonly expiresAt: number | null
    }
  | { readonly ok: false; readonly problems: Problems }

/** Who a connection belongs to where the host does not say: what the client claims. */
export function claimed({ userId, username }: Claims): Identified {
  const isGuest = userId === null && username === null
  const identity = isGuest ? GUEST : { userId, username, verified: false, claims: null }
  return { ok: true, identity, expiresAt: null }
}

/**
 * Who a connection belongs to: what `authenticate` says.
 *
 * @param auth a new proof; `null` for that of the handshake
 */
export async function identify(
  core: Core,
  session: Session,
  auth: JsonObject | null = null,
): Promise<Identified> {
  const { hooks } = core
  const answer = await ask(core, session, 'authenticate', () => hooks.authenticate?.(session.peer, auth))
  if (!answer.ok) return { ok: false, problems: core.isClosing ? CLOSING : FAILED }
  const { value } = answer
  if (value === null || value === undefined || value === false) return { ok: false, problems: REFUSED }
  if (value === 'expired') return { ok: false, problems: EXPIRED }
  const identified = identifiedBy(value)
  if (typeof identified === 'object') {
    const isOver = identified.expiresAt !== null && identified.expiresAt <= core.clock.time()
    return isOver ? { ok: false, problems: EXPIRED } : identified
  }
  reportFault(core, 'HOOK_FAILED', `The hook "authenticate" ${identified}`, value)
  return { ok: false, problems: FAILED }
}

const SHAPE =
  "must return { userId: string, username?: string, claims?: object, expiresAt?: Date | number } with plain names, 'expired', or null to refuse"

/** Any object will do, an instance of a class among them: only these fields count. Text says what is wrong. */
function identifiedBy(value: unknown): Extract<Identified, { ok: true }> | string {
  if (typeof value !== 'object' || value === null) return SHAPE
  try {
    const userId: unknown = Reflect.get(value, 'userId')
    const username: unknown = Reflect.get(value, 'username')
    // The same rules of names hold for what a host says as for what a client claims.
    const names = parseHandshake({ user_id: userId, username })
    if (names.userId === null) return SHAPE
    if (username !== undefined && username !== null && names.username === null) return SHAPE
    const claims: unknown = Reflect.get(value, 'claims') ?? null
    if (typeof claims !== 'object') return SHAPE
    const expiresAt = timeOf(Reflect.get(value, 'expiresAt') ?? null)
    if (typeof expiresAt === 'string') return expiresAt
    const identity = { userId: names.userId, username: names.username, verified: true, claims }
    return { ok: true, identity, expiresAt }
  } catch {
    return SHAPE
  }
}

/** Before this, in 1973, nobody had a token: the number is in seconds. */
const EARLIEST_MS = 1e11

function timeOf(value: unknown): number | null | string {
  const time: unknown = value instanceof Date ? value.getTime() : value
  if (time === null) return null
  if (typeof time !== 'number' || Number.isNaN(time))
    return 'must give "expiresAt" as a Date or in milliseconds'
  if (time < EARLIEST_MS) return 'gives "expiresAt" in seconds, as "exp" of a token is: multiply it by 1000'
  return time === Number.POSITIVE_INFINITY ? null : time
}
