import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compileLibrary } from './disk/library.ts'
import { documentOf } from './document.ts'
import { programVersions } from './machine.ts'
import { PLAN, THROUGHPUT } from './plan.ts'
import { SETTINGS, type Setting } from './settings.ts'
import { type Survey, survey } from './survey.ts'
import { measureThroughput } from './throughput.ts'
import { summaryOf } from './words.ts'

const DOCUMENT = new URL('../../../docs/STORES.md', import.meta.url)

const { values } = parseArgs({ options: { setting: { type: 'string', multiple: true } } })
const settings = Object.entries(SETTINGS)
  .filter(([name]) => values.setting?.includes(name) ?? true)
  .map(([, setting]) => setting)

const missing = [...new Set(settings.flatMap(({ program }) => program ?? []))].filter(
  (program) => !program.isFound(),
)
if (missing.length > 0) {
  for (const { name, command } of missing) console.error(`${name} is not installed: ${command}`)
  process.exit(1)
}

const surveys = await surveyAll(settings)
const complaints = surveys.flatMap((one) => one.complaints.map((what) => `${one.setting.title}: ${what}`))
for (const complaint of complaints) console.error(complaint)
if (complaints.length > 0) process.exit(1)

// A part of the table is no result to keep.
if (values.setting === undefined) {
  const throughput = await measureThroughput(
    settings.filter(({ syncDelayMs }) => syncDelayMs === undefined),
    THROUGHPUT,
  )
  writeFileSync(DOCUMENT, documentOf(surveys, throughput, await programVersions(), new Date()))
}

async function surveyAll(all: readonly Setting[]): Promise<Survey[]> {
  const library = await compileLibrary()
  try {
    const done: Survey[] = []
    for (const setting of all) {
      const one = await survey(setting, { ...PLAN, library })
      console.log(`${setting.title}: ${summaryOf(one)}`)
      done.push(one)
    }
    return done
  } finally {
    await library.close()
  }
}
