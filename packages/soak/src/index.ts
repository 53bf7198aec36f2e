// The check of a run
export { type Point, secondHalf, slopeOf } from './trend.ts'
