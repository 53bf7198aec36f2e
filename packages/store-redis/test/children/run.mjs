// Runs a TypeScript program in a process of its own, from the sources of the packages.
import { defaultServerConditions, runnerImport } from 'vite'

const conditions = ['carillon-source', ...defaultServerConditions]
const resolve = { conditions, externalConditions: conditions, noExternal: [/^@carillon\//] }
await runnerImport(process.argv[2], {
  configFile: false,
  logLevel: 'error',
  environments: { inline: { resolve } },
})
