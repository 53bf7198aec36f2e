import { defineConfig } from 'tsup'

/** One file for each process; Carillon itself stays outside: the built packages, as an application gets them. */
export default defineConfig({
  entry: {
    main: 'src/main.ts',
    server: 'src/server/main.ts',
    clients: 'src/clients/main.ts',
    'fast-clock': 'src/process/fast-clock.ts',
  },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  external: [/^@carillon\/(client|protocol|server|store)/, 'socket.io', 'socket.io-client', 'ws'],
  noExternal: ['@carillon/testkit'],
  esbuildOptions: (options) => {
    options.conditions = ['carillon-source']
  },
  splitting: false,
})
