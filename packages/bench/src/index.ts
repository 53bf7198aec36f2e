export type { Comparison, Spread, Target, Verdict } from './statistics.ts'
export { compare, median, noiseOf, percentile, spreadOf, verdictOf } from './statistics.ts'
