import { isSaidLost } from './claims.ts'
import type { Losses } from './losses.ts'
import { type Survey, worstOf } from './survey.ts'
import { FAULTS, type Fault } from './trials.ts'

const CANNOT_HAPPEN = '–'

/** What became of what was confirmed, in a few words, over all trials of one fault. */
export function fateOf({ trials, durability }: Survey, fault: Fault): string {
  const losses = trials.filter((trial) => trial.fault === fault).flatMap((trial) => trial.losses)
  if (losses.length === 0) return CANNOT_HAPPEN
  const { lost, confirmed } = worstOf(losses)
  if (lost === 0) return isSaidLost(durability, fault) ? 'kept this time' : 'kept'
  if (lost === confirmed) return '**all lost**'
  const seconds = Math.max(...losses.map(({ lostMs }) => lostMs)) / 1000
  return seconds < 0.1 ? '**the last ones lost**' : `**the last ${seconds.toFixed(1)} s lost**`
}

/** One line for whoever watches. */
export function summaryOf(survey: Survey): string {
  const fates = FAULTS.map((fault) => `${fault} ${fateOf(survey, fault).replaceAll('*', '')}`)
  return `${fates.join(', ')}; it says "${survey.durability.level}"`
}

/** How many are there, of how many that were confirmed. */
export function countText({ confirmed, lost, isReadable }: Losses): string {
  const text = `${numberText(confirmed - lost)} of ${numberText(confirmed)}`
  if (!isReadable) return `**${text}**, did not open`
  return lost === 0 ? text : `**${text}**`
}

/** The same, when chance has left something different each time. */
export function rangeText(draws: readonly Losses[]): string {
  const [first] = draws
  if (first === undefined) return CANNOT_HAPPEN
  const kept = draws.map(({ confirmed, lost }) => confirmed - lost)
  const [least, most] = [Math.min(...kept), Math.max(...kept)]
  const opened = draws.filter(({ isReadable }) => isReadable).length
  if (least === most && (opened === 0 || opened === draws.length)) return countText(first)
  const range = least === most ? numberText(least) : `${numberText(least)} to ${numberText(most)}`
  const text = `**${range} of ${numberText(first.confirmed)}**`
  return opened === draws.length ? text : `${text}, opened ${opened} times of ${draws.length}`
}

export function numberText(number: number): string {
  return Math.round(number).toLocaleString('en-GB')
}

/** Two digits that count, for ratios between thousandths and thousands. */
export function ratioText(ratio: number): string {
  const text = ratio >= 100 ? numberText(ratio) : ratio.toPrecision(2)
  return `${text}×`
}
