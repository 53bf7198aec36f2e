import { defineConfig } from 'tsup'

/** One file for each process; Carillon itself stays outside: the built packages, as an application gets them. */
export default defineConfig({
  entry: { main: 'src/main.ts', node: 'src/node/main.ts', client: 'src/client/main.ts' },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  external: [/^@carillon\/(client|protocol|server|store|survival)/, 'socket.io', 'socket.io-client', 'ws'],
  noExternal: ['@carillon/testkit'],
  esbuildOptions: (options) => {
    options.conditions = ['carillon-source']
  },
  splitting: false,
})
