// Helpers of the examples' tests, apart from the rest because they bring a browser driver along.
export type { Visit } from './browser.ts'
export { browserIsHere, openBrowser, overflowOf, screenshot, visit } from './browser.ts'
export type { RunningExample } from './start-example.ts'
export { startExample } from './start-example.ts'
