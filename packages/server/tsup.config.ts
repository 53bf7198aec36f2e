import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20',
  // typed-emitter is types alone; inlined, it works for every module system and brings no dependency.
  dts: { resolve: ['typed-emitter'] },
  sourcemap: true,
  treeshake: true,
})
