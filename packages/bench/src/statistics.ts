/** Middle value; the mean of the two middle ones when their number is even. `NaN` for none. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** Value below which `percent` percent of the values lie, interpolated between neighbours. `NaN` for none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = ((sorted.length - 1) * percent) / 100
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** What a few repeated measurements say. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** How two columns of measurements are compared, pair by pair. */
export type Comparison = 'ratio' | 'difference'

export function compare(values: readonly number[], to: readonly number[], how: Comparison): number[] {
  return values.map((value, at) => {
    const other = to[at] ?? Number.NaN
    return how === 'ratio' ? value / other : value - other
  })
}

/** From the median distance to the standard error of a median, for values that scatter like most do. */
const ERROR_OF_MEDIAN = 1.4826 * 1.2533

/**
 * How far chance alone moves the median of so many pairs: two standard errors, from how bare against bare
 * scatters around "no change". What a target is missed by less than this is no finding.
 */
export function noiseOf(bareAgainstBare: readonly number[], how: Comparison): number {
  const same = how === 'ratio' ? 1 : 0
  const scatter = median(bareAgainstBare.map((value) => Math.abs(value - same)))
  return (2 * ERROR_OF_MEDIAN * scatter) / Math.sqrt(bareAgainstBare.length)
}

/** What a comparison is to be. */
export type Target = { readonly atMost: number } | { readonly atLeast: number }

export type Verdict = 'met' | 'not met, within noise' | 'not met'

export function verdictOf(value: number, target: Target, noise: number): Verdict {
  // So that nothing that was not measured meets anything.
  if (Number.isNaN(value)) return 'not met'
  const missedBy = 'atMost' in target ? value - target.atMost : target.atLeast - value
  if (missedBy <= 0) return 'met'
  return missedBy <= noise ? 'not met, within noise' : 'not met'
}
