// The check of a run
export { type Violation, violationsOf } from './checker.ts'
export type { FinalLog, History, Reader, Seen, Send } from './history.ts'
