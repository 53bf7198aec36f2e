import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/contract.ts'],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  external: [/^node:/],
  target: 'es2022',
  dts: true,
  sourcemap: true,
  treeshake: true,
})
