export type { Comparison, Spread, Verdict } from './statistics.ts'
export { compare, median, noiseOf, percentile, spreadOf, verdictOf } from './statistics.ts'
