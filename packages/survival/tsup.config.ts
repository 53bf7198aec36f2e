import { defineConfig } from 'tsup'

/** One file for each process; the stores stay outside: the built packages, as an application gets them. */
export default defineConfig({
  entry: { main: 'src/main.ts', index: 'src/index.ts', appender: 'src/appender/main.ts' },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  external: [/^@carillon\/store/],
  noExternal: ['@carillon/bench', '@carillon/testkit'],
  esbuildOptions: (options) => {
    options.conditions = ['carillon-source']
  },
  splitting: false,
})
