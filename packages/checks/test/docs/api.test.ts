import { MEMORY_STORE_DEFAULTS } from '@carillon/store'
import { describe, expect, test } from 'vitest'
import { resolveOptions } from '../../../client/src/rules/options.ts'
import { DEFAULTS } from '../../../server/src/edge/limits.ts'
import { constantIn, membersOf, namesOf, unionOf } from '../../src/declarations.ts'
import { numberIn, plain, tableUnder } from '../../src/markdown.ts'
import { read } from '../../src/repository.ts'

const page = read('docs/API.md')

const SERVER_OPTIONS = 'packages/server/src/edge/options.ts'
const SERVER_LIMITS = 'packages/server/src/edge/limits.ts'
const SERVER_HANDLE = 'packages/server/src/edge/handle.ts'
const CLIENT_OPTIONS = 'packages/client/src/rules/options.ts'
const CLIENT_SURFACE = 'packages/client/src/edge/surface.ts'
const SUBSCRIPTION = 'packages/client/src/edge/subscription.ts'

/** What stands before a bracket or a dot: `send(notification)` is about `send`. */
const namesUnder = (heading: string, nth = 0): string[] =>
  tableUnder(page, heading, nth).rows.map(([cell = '']) => plain(cell).replace(/\(.*$/, ''))

/** The second column by the first. */
const valuesUnder = (heading: string, nth = 0): Record<string, string> =>
  Object.fromEntries(
    tableUnder(page, heading, nth).rows.map(([name = '', value = '']) => [plain(name), plain(value)]),
  )

const numbersOf = (values: Record<string, string>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, numberIn(value)]))

describe('[D5] defaults of the server', () => {
  const groups = [
    ['limits', SERVER_LIMITS, 'ServerLimits'],
    ['rates', SERVER_LIMITS, 'RateBounds'],
    ['stats', SERVER_LIMITS, 'StatsOptions'],
  ] as const
  const declared = groups.flatMap(([group, file, type]) =>
    membersOf(file, type).map((member) => ({ ...member, full: `${group}.${member.name}` })),
  )
  const inForce = Object.fromEntries(
    Object.entries(DEFAULTS).flatMap(([group, bounds]) =>
      Object.entries(bounds).map(([name, value]) => [`${group}.${name}`, value]),
    ),
  )

  test('API.md has every bound with the value that is in force', () => {
    expect(numbersOf(valuesUnder('Server options', 1))).toEqual(inForce)
    expect(declared.map(({ full }) => full).sort()).toEqual(Object.keys(inForce).sort())
  })

  test.each(declared)('the TSDoc of $full tells the value that is in force', ({ full, byDefault }) => {
    expect(numberIn(byDefault ?? '')).toBe(inForce[full])
  })

  test('API.md has every option', () => {
    expect(namesUnder('Server options')).toEqual(namesOf(SERVER_OPTIONS, 'NotificationsOptions'))
  })

  test('the defaults in words are those of the TSDoc', () => {
    const { locale } = valuesUnder('Server options')
    const tsdoc = membersOf(SERVER_OPTIONS, 'NotificationsOptions').find(({ name }) => name === 'locale')
    expect(tsdoc?.byDefault).toBe(locale)
  })
})

test('[D5] API.md has every hook with all that it is asked', () => {
  const hooks = tableUnder(page, 'Hooks').rows.map(([cell = '']) => plain(cell))
  const asked = (type: string): string => namesOf('packages/server/src/flows/ports.ts', type).join(', ')
  expect(hooks.map((hook) => hook.split('(')[0])).toEqual([
    'authenticate',
    'authorize',
    'visible',
    'validate',
  ])
  expect(hooks).toContain(`authorize({${asked('AuthorizationRequest')}})`)
  expect(hooks).toContain(`validate({${asked('ValidationRequest')}})`)
})

test('[D5] API.md has every method and event of the handle', () => {
  const methods = [
    ...namesOf(SERVER_HANDLE, 'NamespaceHandle'),
    ...namesOf(SERVER_HANDLE, 'NotificationsHandle'),
  ]
  expect(namesUnder('The handle')).toEqual(methods)
  expect(namesUnder('The handle', 1)).toEqual(namesOf(SERVER_HANDLE, 'NotificationsEvents'))
})

describe('[D6] defaults of the client', () => {
  const documented = valuesUnder('Client options')
  const transport = constantIn('packages/client/src', 'PAGE_DEFAULTS')
  const own = Object.entries(resolveOptions({}))

  test('API.md has every option with the value that is in force', () => {
    const written = Object.entries(transport).map(([name, text]) => [name, text.replace(/['_]/g, '')])
    const expected = [...own.map(([name, value]) => [name, String(value)]), ...written]
    const given = Object.entries(documented).map(([name, value]) => [name, value.replace(/ /g, '')])
    expect(Object.fromEntries(given)).toEqual(Object.fromEntries(expected))
  })

  test.each(membersOf(CLIENT_OPTIONS, 'ClientOptions'))(
    'the TSDoc of $name tells the value in force',
    (member) => {
      expect(own).toContainEqual([member.name, numberIn(member.byDefault ?? '')])
    },
  )
})

test('[D6] API.md has every option about what outlives a page, with the default of its TSDoc', () => {
  const documented = valuesUnder('Client options', 1)
  const declared = membersOf(CLIENT_OPTIONS, 'StorageOptions')
  expect(Object.keys(documented)).toEqual(declared.map(({ name }) => name))
  // In words there: `'memory'`: a page that goes …
  for (const { name, byDefault } of declared)
    expect(byDefault?.replace(/['`]/g, '')).toContain(documented[name])
})

test('[D6] API.md has every member and event of the client and of a subscription', () => {
  expect(namesUnder('Methods and facts')).toEqual(namesOf(CLIENT_SURFACE, 'NotificationsClient'))
  expect(namesUnder('Methods and facts', 1)).toEqual(namesOf(CLIENT_SURFACE, 'ClientEvents'))
  expect(namesUnder('Subscription')).toEqual(namesOf(SUBSCRIPTION, 'Subscription'))
  expect(namesUnder('Subscription', 1)).toEqual(namesOf(SUBSCRIPTION, 'SubscriptionEvents'))
})

test('[D6] API.md has every word for a status, a state and a reason', () => {
  const meaning = (heading: string, name: string): string[] => {
    const row = tableUnder(page, heading).rows.find(([cell = '']) => plain(cell) === name)
    return [...(row?.[1] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '')
  }
  const rules = 'packages/client/src/rules'
  expect(meaning('Methods and facts', 'status')).toEqual(unionOf(`${rules}/status.ts`, 'ConnectionStatus'))
  expect(meaning('Subscription', 'state')).toEqual(unionOf(`${rules}/membership.ts`, 'SubscriptionState'))
  const [, ...reasons] = meaning('Subscription', 'reason')
  expect(reasons).toEqual(unionOf(`${rules}/membership.ts`, 'LeftReason'))
})

describe('[D7] the memory store', () => {
  const { now, ...bounds } = MEMORY_STORE_DEFAULTS
  const declared = membersOf('packages/store/src/memory/options.ts', 'MemoryStoreOptions')

  test('API.md has every option with the value that is in force', () => {
    const { now: clock, ...documented } = valuesUnder('Store')
    expect(numbersOf(documented)).toEqual(bounds)
    expect(clock).toBe('Date.now')
    expect(now).toBe(Date.now)
  })

  test.each(declared)('the TSDoc of $name tells the value in force', ({ name, byDefault = '' }) => {
    if (name === 'now') expect(byDefault).toBe('Date.now')
    else expect(Object.entries(bounds)).toContainEqual([name, numberIn(byDefault)])
  })
})

test.each([
  ['Server errors', 'packages/server/src/edge/errors.ts', 'NotificationsErrorCode'],
  ['Client errors', 'packages/client/src/rules/errors.ts', 'ClientProblemCode'],
  ['Store errors', 'packages/store/src/errors.ts', 'StoreErrorCode'],
])('[D7] the codes under "%s" are those of the code', (heading, path, type) => {
  expect(namesUnder(heading)).toEqual(unionOf(path, type))
})
