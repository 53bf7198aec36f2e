/**
 * The code of the workers: built, it lies beside the code of the store. From the sources, which is where only the
 * tests of this repository run, it needs another file that makes it run.
 */
export function workerFile(): URL {
  const isBuilt = !import.meta.url.endsWith('.ts')
  return new URL(isBuilt ? './worker.js' : '../from-source.mjs', import.meta.url)
}
