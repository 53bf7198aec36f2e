import {
  ClientEvent,
  en,
  fr,
  isRetryable,
  NOTIFICATION_TYPES,
  PROBLEM_CODES,
  PROTOCOL_VERSION,
  type Problem,
  RECOVERY_FAILURES,
  requestArguments,
  ServerEvent,
  sentenceOf,
  serverPayloads,
} from '@carillon/protocol'
import { describe, expect, test } from 'vitest'
import { handshake } from '../../../protocol/src/handshake.ts'
import { announcedOf, DEFAULTS } from '../../../server/src/edge/limits.ts'
import { namesOf } from '../../src/declarations.ts'
import { headingsOf, numberIn, plain, sectionOf, tableUnder } from '../../src/markdown.ts'
import { read } from '../../src/repository.ts'

const page = read('docs/PROTOCOL.md')

const eventsUnder = (heading: string): string[] =>
  headingsOf(sectionOf(page, heading)).map(({ text }) => text)

const firstColumn = (heading: string, nth = 0): string[] =>
  tableUnder(page, heading, nth).rows.map(([cell = '']) => plain(cell))

/** The part of a schema that tells what is in it. */
interface Shape {
  readonly type: string
  readonly entries?: Readonly<Record<string, Shape>>
  readonly item?: Shape
  readonly wrapped?: Shape
}

const isOptional = ({ type }: Shape): boolean => type === 'optional' || type === 'nullish'

test('[D1] the headings of PROTOCOL.md are the events of the code', () => {
  expect(eventsUnder('Requests').sort()).toEqual(Object.values(ClientEvent).sort())
  expect(eventsUnder('Server events').sort()).toEqual(Object.values(ServerEvent).sort())
})

test('[D1] PROTOCOL.md is about the version that the code speaks', () => {
  expect(page).toContain(`version ${PROTOCOL_VERSION}.`)
})

describe('[D2] the payload table has the fields of the schema, and says which are optional:', () => {
  const fieldsOf = (schema: Shape): readonly [string, Shape][] => {
    const entries = (schema.item ?? schema).entries
    if (entries === undefined) throw new Error('a payload without fields')
    return Object.entries(entries)
  }
  const tableOf = (fields: readonly [string, Shape][]): [string, boolean][] =>
    fields.map(([name, field]) => [name, isOptional(field)])
  const documented = (event: string): [string, boolean][] =>
    tableUnder(page, event).rows.map(([name = '', type = '']) => [plain(name), type.endsWith('optional')])

  test.each(Object.values(ServerEvent))('%s', (event) => {
    expect(documented(event)).toEqual(tableOf(fieldsOf(serverPayloads[event])))
  })

  test.each(Object.values(ClientEvent))('%s', (event) => {
    const fields = Object.entries<Shape>(requestArguments[event]).flatMap(([name, schema]) => {
      const { entries } = schema.wrapped ?? schema
      if (entries === undefined) return [[name, schema] satisfies [string, Shape]]
      const prefix = name === 'notification' ? '' : `${name}.`
      return Object.entries(entries).map(([field, inner]): [string, Shape] => [prefix + field, inner])
    })
    if (fields.length === 0) expect(sectionOf(page, event)).toMatch(/No\s+arguments/)
    else expect(documented(event)).toEqual(tableOf(fields))
  })
})

test('[D2] the tables of the handshake and of a refusal have the fields of the code', () => {
  expect(firstColumn('Connection')).toEqual(Object.keys(handshake.entries))
  expect(firstColumn('Requests and answers')).toEqual(namesOf('packages/protocol/src/answers.ts', 'Refused'))
})

describe('[D3] the table of problems', () => {
  const { rows } = tableUnder(page, 'Problems')
  const table = rows.map(([code = '', , facts = '', french = '', english = '', again = '']) => ({
    code: plain(code),
    problem: { code: plain(code), ...JSON.parse(plain(facts)) } satisfies { code: string } as Problem,
    french,
    english,
    again,
  }))

  test('has every code and no other', () => {
    expect([...new Set(table.map(({ code }) => code))].sort()).toEqual([...PROBLEM_CODES].sort())
  })

  test.each(table)(
    '$code: its sentences are those of the catalogues, and it says whether to try again',
    (row) => {
      expect(row.french).toBe(sentenceOf(fr, row.problem))
      expect(row.english).toBe(sentenceOf(en, row.problem))
      expect(row.again).toBe(isRetryable(row.problem.code) ? 'yes' : 'no')
    },
  )
})

test('[D4] the table of limits is what is in force', () => {
  const documented = tableUnder(page, 'Limits').rows.map(([name = '', value = '']) => [
    plain(name),
    numberIn(value),
  ])
  expect(Object.fromEntries(documented)).toEqual(announcedOf(DEFAULTS.limits, DEFAULTS.rates))
})

test('[D4] the lists of words are those of the code', () => {
  expect(firstColumn('Streams and positions')).toEqual([...RECOVERY_FAILURES])
  const types = NOTIFICATION_TYPES.map((type) => `\`${type}\``)
  const sentence = `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`
  for (const event of [ServerEvent.NotificationReceived, ClientEvent.SendNotification]) {
    expect(sectionOf(page, event)).toContain(sentence)
  }
})
