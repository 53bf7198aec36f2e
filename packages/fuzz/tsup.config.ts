import { defineConfig } from 'tsup'

/** Carillon itself stays outside: the built packages, as an application gets them. */
export default defineConfig({
  entry: { main: 'src/main.ts' },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  external: [/^@carillon\/(protocol|server|store)/, 'socket.io', 'socket.io-client', 'ws', 'fast-check'],
  noExternal: ['@carillon/testkit'],
  esbuildOptions: (options) => {
    options.conditions = ['carillon-source']
  },
  splitting: false,
})
