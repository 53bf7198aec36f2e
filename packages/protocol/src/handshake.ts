import * as v from 'valibot'
import { notBlank, type Position, position, userId } from './fields.ts'
import { isPlainObject } from './json.ts'
import { LIMITS } from './limits.ts'
import { isPersonName } from './text.ts'

/** What the handshake's `auth` may say. Nothing of it is proof of anything. */
export const handshake = v.object({
  user_id: userId,
  username: v.pipe(
    v.string(),
    notBlank,
    v.maxLength(LIMITS.identityLength),
    v.check(isPersonName, 'ill-formed'),
  ),
  device_id: userId,
  notifications: v.object({
    version: v.literal(2),
    /** Random id of this client: scopes the keys of guests. */
    clientId: v.nullish(userId),
    since: v.nullish(v.object({ b: v.nullish(position), u: v.nullish(position) })),
  }),
})

/** What a client says of itself in `auth`. Every field that is not as it should be counts as absent. */
export interface Claims {
  readonly userId: string | null
  readonly username: string | null
  readonly deviceId: string | null
  /** 2 for a client that reads acknowledgements and keeps its own positions. */
  readonly version: 1 | 2
  readonly clientId: string | null
  readonly since: { readonly b: Position | null; readonly u: Position | null }
}

const NO_POSITIONS = { b: null, u: null } as const

export function parseHandshake(auth: unknown): Claims {
  const given = isPlainObject(auth) ? auth : {}
  const { user_id, username, device_id, notifications } = handshake.entries
  const v2 = read(notifications, given.notifications)
  return {
    userId: read(user_id, given.user_id),
    username: read(username, given.username),
    deviceId: read(device_id, given.device_id),
    version: v2 === null ? 1 : 2,
    clientId: v2?.clientId ?? null,
    since: v2?.since ? { b: v2.since.b ?? null, u: v2.since.u ?? null } : NO_POSITIONS,
  }
}

function read<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> | null {
  if (value === undefined || value === null) return null
  // What is too long is not looked at any further.
  const result = v.safeParse(schema, value, { abortPipeEarly: true })
  return result.success ? result.output : null
}
