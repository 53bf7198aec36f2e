/** A timer of more milliseconds than 31 bits would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1
