import { defineConfig } from 'tsup'

export default defineConfig([
  {
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    platform: 'neutral',
    target: 'es2022',
    dts: { resolve: ['typed-emitter'] },
    sourcemap: true,
    treeshake: true,
  },
  {
    entry: { 'carillon-client': 'src/index.ts' },
    format: ['iife'],
    globalName: 'Carillon',
    platform: 'browser',
    target: 'es2020',
    noExternal: [/.*/],
    minify: true,
    sourcemap: true,
  },
])
