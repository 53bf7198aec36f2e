import { defineConfig } from 'tsup'

export default defineConfig({
  // More entries than one, so that the names stand apart from the schemas: a browser bundle that needs only names
  // then leaves the schemas and their library out.
  entry: ['src/index.ts', 'src/plain.ts', 'src/checks.ts'],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'es2022',
  // The standard's package is types alone; built in, it works for every module system and brings no dependency.
  dts: { entry: 'src/index.ts', resolve: ['@standard-schema/spec'] },
  sourcemap: true,
  treeshake: true,
})
