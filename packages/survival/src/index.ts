// What loses its power, for others to try

export { COMPILER_COMMAND, compileLibrary, findCompiler } from './disk/library.ts'
export type { Losses } from './losses.ts'
export { SETTINGS } from './settings.ts'
export { runTrial } from './trials.ts'
