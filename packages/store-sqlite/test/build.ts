import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Options } from 'tsup'
import config from '../tsup.config.ts'

const PACKAGE = fileURLToPath(new URL('../', import.meta.url))

export interface Build {
  /** The store as an ES module. */
  readonly esm: string
  readonly cjs: string
  remove(): void
}

/**
 * Builds the package as it is published, but with the other packages of the repository inside: child processes
 * have no vitest that would run the sources for them.
 */
export async function buildStore(): Promise<Build> {
  const outDir = `${PACKAGE}.cache/build-${process.pid}`
  const changes: Options = {
    config: false,
    outDir,
    dts: false,
    silent: true,
    sourcemap: false,
    noExternal: [/^@carillon\//],
    // Tests are run from the root, whose package.json does not name it.
    external: ['libsql'],
    esbuildOptions(options) {
      options.conditions = ['carillon-source']
    },
  }
  for (const options of [config].flat()) {
    if (typeof options === 'function' || !Array.isArray(options.entry))
      throw new Error('tsup.config.ts is a list of builds, and the entries of each are a list of files')
    await build({ ...options, ...changes, entry: options.entry.map((path) => PACKAGE + path) })
  }
  return {
    esm: `${outDir}/index.js`,
    cjs: `${outDir}/index.cjs`,
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  }
}
