/** Who a connection belongs to. */
export interface Identity {
  /** `null` for a guest. */
  readonly userId: string | null
  readonly username: string | null
  /** Whether `authenticate` vouches for it; otherwise it is what the client claims. */
  readonly verified: boolean
}
