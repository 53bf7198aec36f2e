import { type Claims, type Problems, parseHandshake } from '@carillon/protocol'
import type { Identity } from '../rules/identity.ts'
import { type Core, reportFault } from './core.ts'
import { ask } from './hooks.ts'
import type { Peer } from './ports.ts'

/** One object for all who say nothing of themselves. */
export const GUEST: Identity = Object.freeze({ userId: null, username: null, verified: false })

const FAILED: Problems = [{ code: 'hook-failed', hook: 'authenticate' }]
const CLOSING: Problems = [{ code: 'closing', retryAfterMs: 0 }]

export type Identified =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly problems: Problems }

/** Who a connection belongs to where the host does not say: what the client claims. */
export function claimed({ userId, username }: Claims): Identified {
  const isGuest = userId === null && username === null
  return { ok: true, identity: isGuest ? GUEST : { userId, username, verified: false } }
}

/** Who a connection belongs to: what `authenticate` says. */
export async function identify(core: Core, peer: Peer): Promise<Identified> {
  const { hooks } = core
  const answer = await ask(core, 'authenticate', () => hooks.authenticate?.(peer))
  if (!answer.ok) return { ok: false, problems: core.isClosing ? CLOSING : FAILED }
  if (answer.value === null || answer.value === undefined || answer.value === false) {
    return { ok: false, problems: [{ code: 'unauthenticated', reason: 'refused' }] }
  }
  const identity = identityOf(answer.value)
  if (identity !== undefined) return { ok: true, identity }
  const expected = '{ userId: string, username?: string } with plain names, or null to refuse'
  reportFault(core, 'HOOK_FAILED', `The hook "authenticate" must return ${expected}`, answer.value)
  return { ok: false, problems: FAILED }
}

/** Any object will do, an instance of a class among them: only the two fields count. */
function identityOf(value: unknown): Identity | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    const userId: unknown = Reflect.get(value, 'userId')
    const username: unknown = Reflect.get(value, 'username')
    // The same rules of names hold for what a host says as for what a client claims.
    const names = parseHandshake({ user_id: userId, username })
    if (names.userId === null) return undefined
    if (username !== undefined && username !== null && names.username === null) return undefined
    return { userId: names.userId, username: names.username, verified: true }
  } catch {
    // A field of the host's may be a getter, and throw.
    return undefined
  }
}
