import { PACES } from './appender/orders.ts'
import { tableOf } from './markdown.ts'
import { PER_CALL, type Survey } from './survey.ts'
import { ratioOf, type Throughput } from './throughput.ts'
import { FAULTS, type Fault } from './trials.ts'
import { countText, fateOf, rangeText, ratioText } from './words.ts'

const HEADINGS: Readonly<Record<Fault, string>> = {
  application: 'your process killed',
  database: 'database killed',
  power: 'power lost',
}

/** One row for each setting: the whole answer. */
export function fatesTable(surveys: readonly Survey[]): string {
  const rows = surveys.map((survey) => [
    survey.setting.title,
    ...FAULTS.map((fault) => fateOf(survey, fault)),
    `\`${survey.durability.level}\``,
  ])
  return tableOf(['store and setting', ...FAULTS.map((fault) => HEADINGS[fault]), 'what it says'], rows)
}

/** How many are there after a kill. */
export function killsTable(surveys: readonly Survey[]): string {
  const columns = (['application', 'database'] as const).flatMap((fault) =>
    PER_CALL.map((perCall) => ({ fault, perCall })),
  )
  const rows = surveys.map(({ setting, trials }) => [
    setting.title,
    ...columns.map(({ fault, perCall }) => {
      const trial = trials.find((one) => one.fault === fault && one.perCall === perCall)
      return trial?.losses[0] === undefined ? '–' : countText(trial.losses[0])
    }),
  ])
  const headings = columns.map(({ fault, perCall }) => `${HEADINGS[fault]}, ${pacedBy(perCall)}`)
  return tableOf(['', ...headings], rows)
}

/** How many are there after a power loss: with nothing of what was not synced, and with what chance has left. */
export function powerTable(surveys: readonly Survey[]): string {
  const rows = surveys.map(({ setting, trials }) => [
    setting.title,
    ...PER_CALL.flatMap((perCall) => {
      const trial = trials.find((one) => one.fault === 'power' && one.perCall === perCall)
      const [nothing, ...some] = trial?.losses ?? []
      return [nothing === undefined ? '–' : countText(nothing), rangeText(some)]
    }),
  ])
  const headings = PER_CALL.flatMap((perCall) => [
    `${pacedBy(perCall)}, nothing else there`,
    `${pacedBy(perCall)}, some of it there`,
  ])
  return tableOf(['', ...headings], rows)
}

/** How much appends gain by going together. */
export function ownTable({ ratesOf }: Throughput): string {
  const paces = PACES.filter((pace) => pace !== 'one by one')
  const rows = [...ratesOf].map(([setting, rates]) => [
    setting.title,
    ...paces.map((pace) => ratioCell(rates.own[pace], rates.own['one by one'])),
  ])
  return tableOf(['against its own appends one by one', ...paces], rows)
}

/** How fast each store is beside the memory store. */
export function memoryTable({ ratesOf }: Throughput): string {
  const rows = [...ratesOf].map(([setting, rates]) => [
    setting.title,
    ...PACES.map((pace) => ratioCell(rates.own[pace], rates.memory[pace])),
  ])
  return tableOf(['against the memory store', ...PACES], rows)
}

function ratioCell(rates: readonly number[], to: readonly number[]): string {
  const { median, min, max } = ratioOf(rates, to)
  return `**${ratioText(median)}** (${ratioText(min)} to ${ratioText(max)})`
}

function pacedBy(perCall: number): string {
  return perCall === 1 ? 'one by one' : `${perCall} in a call`
}
