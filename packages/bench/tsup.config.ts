import { fileURLToPath } from 'node:url'
import { defineConfig } from 'tsup'

// Absolute, because a test bundles the same entries from another directory.
const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** One file for each process. What is measured stays outside: the built packages, as an application gets them. */
export default defineConfig({
  entry: {
    main: source('src/main.ts'),
    load: source('src/load/main.ts'),
    'server-bare': source('src/server/bare.ts'),
    'server-carillon': source('src/server/carillon.ts'),
    'server-exposed': source('src/server/exposed.ts'),
  },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  external: [/^@carillon\//, 'socket.io', 'ws'],
  splitting: false,
})
