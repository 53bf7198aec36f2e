import { defineConfig } from 'tsup'

const common = { platform: 'node', target: 'node20', sourcemap: true, treeshake: true } as const

export default defineConfig([
  { ...common, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true, shims: true },
  // The code of the workers: an ES module in both builds, found beside either.
  { ...common, entry: ['src/worker/worker.ts'], format: ['esm'] },
])
