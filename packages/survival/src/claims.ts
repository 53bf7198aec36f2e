import type { Durability } from '@carillon/store'
import type { Losses } from './losses.ts'
import { FAULTS, type Fault } from './trials.ts'

/** The worst that was seen of each fault that can happen. */
export type Measured = ReadonlyMap<Fault, Losses>

type Word = 'kept' | 'lost' | 'perhaps lost'

interface Saying {
  readonly words: RegExp
  readonly fault: Fault
  readonly word: Word
  /** No more than what was confirmed in so many milliseconds before. @default no bound */
  readonly atMostMs?: number
}

/** What sentences of the stores say. The first that fits counts: a denial contains the words of a promise. */
const SAYINGS: readonly Saying[] = [
  { words: /gone when it ends/, fault: 'application', word: 'lost' },
  { words: /survives the end of (?:the|this|any) process/, fault: 'application', word: 'kept' },
  { words: /not a crash of the database/, fault: 'database', word: 'lost' },
  { words: /lost when Redis ends/, fault: 'database', word: 'lost' },
  { words: /but for up to two seconds when Redis is killed/, fault: 'database', word: 'perhaps lost' },
  { words: /the end of any process/, fault: 'database', word: 'kept' },
  { words: /not (?:that )?of (?:the|its) machine/, fault: 'power', word: 'lost' },
  // A second between two syncs, and the time that a sync takes.
  { words: /about the last second is lost with the power/, fault: 'power', word: 'lost', atMostMs: 2_000 },
  { words: /lost with the power/, fault: 'power', word: 'lost' },
  { words: /a power cut|of (?:the|its) machine/, fault: 'power', word: 'kept' },
]

/** @param isSlow a disk that is made slow loses more than what a sentence puts a figure to */
export function complaintsOf(durability: Durability, measured: Measured, isSlow = false): string[] {
  return [...levelComplaints(durability, measured), ...sentenceComplaints(durability, measured, isSlow)]
}

/** Whether the sentence says that what is confirmed is lost then, or may be. */
export function isSaidLost({ sentence }: Durability, fault: Fault): boolean {
  const said = sayingOf(sentence, fault)
  return said !== undefined && said.word !== 'kept'
}

function sayingOf(sentence: string, fault: Fault): Saying | undefined {
  return SAYINGS.find((saying) => saying.fault === fault && saying.words.test(sentence))
}

function firstLost({ sentence }: Durability, measured: Measured): Fault | undefined {
  return FAULTS.find((fault) => {
    const isExcused = sayingOf(sentence, fault)?.word === 'perhaps lost'
    return !isExcused && (measured.get(fault)?.lost ?? 0) > 0
  })
}

/** The level must be the one that was measured: one that promises less than it keeps is wrong, too. */
function levelComplaints(durability: Durability, measured: Measured): string[] {
  const lost = firstLost(durability, measured)
  const level = lost === undefined ? 'power' : lost === 'power' ? 'process' : 'none'
  if (level === durability.level) return []
  return [`the store says "${durability.level}", and "${level}" was measured: ${factsOf(measured)}`]
}

/** The sentence must hold for every fault that it speaks of, and must not stop short of the one that loses. */
function sentenceComplaints(durability: Durability, measured: Measured, isSlow: boolean): string[] {
  const { sentence } = durability
  const boundary = firstLost(durability, measured) ?? 'power'
  return FAULTS.flatMap((fault) => {
    const said = sayingOf(sentence, fault)
    const losses = measured.get(fault)
    if (losses === undefined) return []
    if (said === undefined) return fault === boundary ? [`"${sentence}" does not speak of: ${fault}`] : []
    const { word, atMostMs = Number.POSITIVE_INFINITY } = said
    const isTrue = word === 'perhaps lost' || (word === 'lost') === losses.lost > 0
    const isBounded = isSlow || losses.lostMs <= atMostMs
    return isTrue && isBounded ? [] : [`"${sentence}" is not what was measured: ${factsOf(measured)}`]
  })
}

function factsOf(measured: Measured): string {
  return [...measured]
    .map(([fault, { lost, confirmed, lostMs }]) => `${fault}: ${lost} of ${confirmed} lost (${lostMs} ms)`)
    .join(', ')
}
