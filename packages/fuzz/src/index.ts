// Frames by hand
export { readCorpus, type Sample, stepsOf } from './corpus.ts'
// Scenarios by chance
export { type Found, type HuntPlan, type HuntResult, hunt } from './hunt.ts'
export { openPlace, type Place, type Sabotage } from './place.ts'
export { play } from './play.ts'
export type { Scenario, Step } from './scenarios.ts'
