const PAGE = 4096

/** A number from 0 up to 1. */
export type Chance = () => number

/**
 * What a disk may hold of a file after a power loss: its synced content, with some of what was written since.
 *
 * Pages that were overwritten are old or new, each by chance. Of what was appended a first part is there, because
 * file systems move the end of a file only past what is on the disk.
 */
export function mix(synced: Buffer, written: Buffer, chance: Chance): Buffer {
  const common = Math.min(synced.length, written.length)
  const parts: Buffer[] = []
  for (let at = 0; at < common; at += PAGE) {
    parts.push((chance() < 0.5 ? written : synced).subarray(at, Math.min(at + PAGE, common)))
  }
  if (written.length > common) {
    parts.push(written.subarray(common, common + Math.floor(chance() * (written.length - common + 1))))
  } else if (chance() < 0.5) parts.push(synced.subarray(common))
  return Buffer.concat(parts)
}

/** The same numbers for the same seed. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
