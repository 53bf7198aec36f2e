import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

// Tests read the sources of the packages, so that nothing has to be built first.
const SOURCES = 'carillon-source'
// Real processes, browsers, databases and networks that break, many seconds to minutes each: `npm run test:long`.
const LONG = [
  'examples/*/test/browser.test.ts',
  'examples/comeback/test/kills.test.ts',
  'packages/bench/test/quick.test.ts',
  'packages/client/test/pace.test.ts',
  'packages/faults/test/connections.test.ts',
  'packages/faults/test/stores.test.ts',
  'packages/fuzz/test/stores.test.ts',
  'packages/soak/test/churn.test.ts',
  'packages/store-postgres/test/append.test.ts',
  'packages/store-postgres/test/news.test.ts',
  'packages/store-postgres/test/outage.test.ts',
  'packages/store-postgres/test/prune.test.ts',
  'packages/store-redis/test/client.test.ts',
  'packages/store-redis/test/faults.test.ts',
  'packages/store-sqlite/test/processes.test.ts',
  'packages/survival/test/survey.test.ts',
]
// The projects load this file again: the environment keeps the seed the same for all of them.
process.env.CARILLON_SEED ??= String(Date.now() % 2 ** 31)

export default defineConfig({
  test: {
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: '.cache/vitest-report.json' }]]
      : ['default'],
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        resolve: { conditions: [SOURCES, ...defaultClientConditions] },
        ssr: { resolve: { conditions: [SOURCES, ...defaultServerConditions] } },
        test: {
          name: 'unit',
          globalSetup: ['.ci/print-seed.ts'],
          include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
          exclude: LONG,
          environment: 'node',
          isolate: true,
          testTimeout: 15_000,
          hookTimeout: 15_000,
        },
      },
      {
        extends: true,
        resolve: { conditions: [SOURCES, ...defaultClientConditions] },
        ssr: { resolve: { conditions: [SOURCES, ...defaultServerConditions] } },
        test: {
          name: 'long',
          include: LONG,
          environment: 'node',
          isolate: true,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: 'tsc',
            tsconfig: '.ci/tsconfig.type-tests.json',
            include: ['packages/*/test/**/*.test-d.ts'],
          },
        },
      },
    ],
  },
})
