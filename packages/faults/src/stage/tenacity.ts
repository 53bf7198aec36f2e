/** Comes back at once, as often as it takes. */
export const TENACIOUS = {
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 20,
  reconnectionDelayMax: 100,
  forceNew: true,
} as const
