/** Who a connection belongs to. `Claims` is what `authenticate` says of it beyond its names. */
export interface Identity<Claims = unknown> {
  /** `null` for a guest. */
  readonly userId: string | null
  readonly username: string | null
  /** Whether `authenticate` vouches for it; otherwise it is what the client claims. */
  readonly verified: boolean
  /** What `authenticate` gave beside the names, untouched: roles, a tenant. `null` if nothing. */
  readonly claims: Claims | null
}
