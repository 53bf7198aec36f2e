export interface Point {
  readonly at: number
  readonly value: number
}

/**
 * How much a value grows for each step: the median over the slopes between any two points. A single reading that is
 * off, because something was compiled just then for one, does not move it.
 */
export function slopeOf(points: readonly Point[]): number {
  const slopes = points.flatMap((from, index) =>
    points
      .slice(index + 1)
      .flatMap((to) => (to.at === from.at ? [] : [(to.value - from.value) / (to.at - from.at)])),
  )
  return medianOf(slopes)
}

/** The second half: by then everything that fills up once is full. */
export function secondHalf<T>(list: readonly T[]): readonly T[] {
  return list.slice(Math.floor(list.length / 2))
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = 0, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}
