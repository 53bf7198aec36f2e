import { describe, expect, it } from 'vitest'
import {
  en,
  fr,
  isRetryable,
  PROBLEM_CODES,
  type Problem,
  sentenceOf,
  sentencesOf,
  typeNameOf,
} from '../src/index.ts'
import { PROBLEM_SAMPLES } from './samples.ts'

const CATALOGUES = { fr, en }

describe.each(Object.entries(CATALOGUES))('the catalogue %s', (_, catalogue) => {
  it.each(PROBLEM_SAMPLES.map((problem) => [problem.code, problem] as const))(
    '[SN1] has a whole sentence for %s',
    (_, problem) => {
      const sentence = sentenceOf(catalogue, problem)
      expect(sentence.length).toBeGreaterThan(10)
      expect(sentence).not.toMatch(/undefined|null|NaN|\[object|\$\{|\s\s|\s$/)
    },
  )

  it('[SN2] has every code and nothing else', () => {
    expect(PROBLEM_SAMPLES.map((problem) => problem.code)).toEqual([...PROBLEM_CODES])
    expect(Object.keys(catalogue.problems)).toEqual([...PROBLEM_CODES])
  })

  it.each([
    'string',
    'number',
    'integer',
    'boolean',
    'object',
    'array',
    'function',
    'binary',
    'stream',
    'time',
  ])('[SN3] has a word for the type %s', (type) => {
    const problem: Problem = { code: 'field-type', field: 'f', expected: type, received: type }
    const name = typeNameInWords(sentenceOf(catalogue, problem))
    expect(name).not.toBe(type)
    expect(name.length).toBeGreaterThan(3)
  })
})

/** What stands in the brackets at the end, after its introduction. */
function typeNameInWords(sentence: string): string {
  return /\((?:reçu : |got )(.*)\)$/.exec(sentence)?.[1] ?? ''
}

describe('sentences', () => {
  it('[SN4] say what the protocol page says', () => {
    expect(sentenceOf(fr, { code: 'field-required', field: 'title' })).toBe(
      "Le champ 'title' est obligatoire",
    )
    expect(fr.joined('devops')).toBe('Vous avez rejoint « devops »')
    expect(fr.left('devops')).toBe('Vous avez quitté « devops »')
    expect(fr.anonymous).toBe('Anonyme')
    expect(en.joined('devops')).toBe('You joined “devops”')
    expect(en.left('devops')).toBe('You left “devops”')
    expect(en.anonymous).toBe('Anonymous')
  })

  it('[SN5] differ between the languages, except where the host wrote them', () => {
    for (const problem of PROBLEM_SAMPLES) {
      const same = sentenceOf(fr, problem) === sentenceOf(en, problem)
      expect({ code: problem.code, same }).toEqual({ code: problem.code, same: problem.code === 'rejected' })
    }
  })

  it('[SN6] come in the order of the problems', () => {
    expect(sentencesOf(fr, PROBLEM_SAMPLES)).toEqual(
      PROBLEM_SAMPLES.map((problem) => sentenceOf(fr, problem)),
    )
    expect(sentencesOf(fr, [])).toEqual([])
  })

  it('[SN7] tell an uncertain store from one that surely wrote nothing', () => {
    const [unknown, refused] = (['unknown', 'refused'] as const).map((outcome) =>
      sentenceOf(fr, { code: 'store-unavailable', outcome }),
    )
    expect(unknown).toContain('la même clé')
    expect(refused).not.toContain('clé')
  })
})

describe('codes', () => {
  it('[SN8] are told apart by whether trying again may help', () => {
    expect(PROBLEM_CODES.filter(isRetryable)).toEqual([
      'too-many-requests',
      'hook-failed',
      'store-unavailable',
      'closing',
      'internal',
    ])
  })

  it.each([
    [undefined, 'null'],
    [null, 'null'],
    ['', 'string'],
    [0, 'number'],
    [false, 'boolean'],
    [[], 'array'],
    [{}, 'object'],
    [() => 0, 'function'],
    [new Uint8Array(1), 'binary'],
    [new ArrayBuffer(1), 'binary'],
    [new DataView(new ArrayBuffer(1)), 'binary'],
    [1n, 'bigint'],
  ])('[SN9] the type of %s is called %s', (value, name) => {
    expect(typeNameOf(value)).toBe(name)
  })
})
