import * as v from 'valibot'
import type { ClientEvent } from './events.ts'
import { isPlainObject, type JsonFault } from './json.ts'
import { LIMITS } from './limits.ts'
import type { Problem, Problems } from './problems.ts'
import { type Request, requestArguments } from './requests.ts'

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: Problems }

/** The argument whose fields are named alone in sentences, as the protocol page does. */
const MAIN_ARGUMENT = 'notification'

/** More than a reader can use. Without an end, a few kilobytes of nonsense would cost a megabyte of sentences. */
const MOST_PROBLEMS = 32

/** Names of fields may come over the network too: what is cut off here is not said again in every sentence. */
const LONGEST_FIELD = LIMITS.channelNameBytes

interface Argument {
  readonly name: string
  readonly schema: v.GenericSchema
}

/** The arguments of every request in their order. */
const ARGUMENTS: ReadonlyMap<string, readonly Argument[]> = new Map(
  Object.entries(requestArguments).map(([event, schemas]) => [
    event,
    Object.entries(schemas).map(([name, schema]: [string, v.GenericSchema]) => ({ name, schema })),
  ]),
)

/** One problem per field, every field: a form can then mark all that is wrong at once. */
const CONFIG = { abortPipeEarly: true } as const

/**
 * Turns the arguments of a request (without its acknowledgement) into a checked payload, or into all of its
 * problems. Never throws, whatever came over the network.
 */
export function parseRequest<E extends ClientEvent>(event: E, args: readonly unknown[]): Parsed<Request<E>> {
  const problems: Problem[] = []
  const value: Record<string, unknown> = {}
  let position = 0
  for (const { name, schema } of ARGUMENTS.get(event) ?? []) {
    const parsed = parseArgument(name, schema, args[position++])
    if (parsed.ok) value[name] = parsed.value
    else problems.push(...parsed.problems)
  }
  for (let at = position; at < args.length && problems.length < MOST_PROBLEMS; at++) {
    const extra = args[at]
    if (extra === null || extra === undefined) continue
    problems.push({ code: 'unexpected-argument', event, position: at + 1, received: typeNameOf(extra) })
  }
  if (isNonEmpty(problems)) return { ok: false, problems }
  return { ok: true, value: value as Request<E> }
}

function parseArgument(name: string, schema: v.GenericSchema, given: unknown): Parsed<unknown> {
  // Without a payload every obligatory field is missing, and saying so helps more than "payload missing".
  const input = name === MAIN_ARGUMENT ? (given ?? {}) : given
  const missing = input === undefined || input === null
  const isOptional = schema.type === 'nullish'
  // Every optional argument is an object. The schema alone would take a list for an object without fields.
  const wantsObject = isOptional || schema.type === 'object' || schema.type === 'record'
  if (wantsObject && !isPlainObject(input) && !(isOptional && missing)) {
    return refuse([
      missing
        ? { code: 'field-required', field: name }
        : { code: 'field-type', field: name, expected: 'object', received: typeNameOf(input) },
    ])
  }
  // Counted before every entry is looked at: a request may bring a hundred thousand.
  if (schema.type === 'record' && isPlainObject(input)) {
    const max = LIMITS.positionsPerRequest
    if (Object.keys(input).length > max)
      return refuse([{ code: 'field-too-long', field: name, max, unit: 'entries' }])
  }
  const result = v.safeParse(schema, input, CONFIG)
  const issues = result.success ? [] : result.issues.slice(0, MOST_PROBLEMS)
  const problems = issues.map((issue) => problemOf(issue, name))
  problems.push(...exclusiveFields(input, name))
  if (isNonEmpty(problems)) return refuse(problems)
  return { ok: true, value: result.output }
}

/** Fields of which only one may be given, whatever they are a part of. */
const EXCLUSIVE = [
  ['channel', 'to'],
  ['ttl', 'expiresAt'],
  ['after', 'before'],
] as const

function exclusiveFields(input: unknown, argument: string): Problem[] {
  if (!isPlainObject(input)) return []
  const isGiven = (field: string): boolean => input[field] !== undefined && input[field] !== null
  return EXCLUSIVE.filter((fields) => fields.every(isGiven)).map(([field, other]) => ({
    code: 'fields-exclusive',
    field: pathOf(argument, [field]),
    other: pathOf(argument, [other]),
  }))
}

type Issue = v.BaseIssue<unknown>

function problemOf(issue: Issue, argument: string): Problem {
  const field = fieldOf(issue, argument)
  if (issue.input === undefined || issue.input === null || issue.message === 'field-required')
    return { code: 'field-required', field }
  const requirement = issue.requirement
  switch (issue.type) {
    case 'max_bytes':
      return { code: 'field-too-long', field, max: Number(requirement), unit: 'bytes' }
    case 'max_length':
      return { code: 'field-too-long', field, max: Number(requirement), unit: 'characters' }
    case 'max_entries':
      return { code: 'field-too-long', field, max: Number(requirement), unit: 'entries' }
    case 'min_value':
    case 'max_value':
      return { code: 'field-range', field, ...rangeOf(issue, field) }
    case 'picklist':
      return typeof issue.input === 'string'
        ? { code: 'unknown-type', field, allowed: allowedOf(issue) }
        : { code: 'field-type', field, expected: 'string', received: typeNameOf(issue.input) }
    case 'raw_check':
      return dataProblem(issue.message, field)
    case 'check':
      if (issue.message === 'ill-formed') return { code: 'ill-formed', field }
      return { code: 'field-type', field, expected: issue.message, received: typeNameOf(issue.input) }
    default:
      return { code: 'field-type', field, expected: expectedOf(issue), received: typeNameOf(issue.input) }
  }
}

/** A check of a schema can only hand on the code of what it found. */
function dataProblem(code: string, field: string): Problem {
  const fault = JSON_FAULTS.find((known) => known.code === code)
  return { code: 'not-json', ...fault, field }
}

const JSON_FAULTS: readonly JsonFault[] = [
  { code: 'too-deep', max: LIMITS.dataDepth },
  { code: 'too-many-keys', max: LIMITS.dataKeys },
  { code: 'too-large', max: LIMITS.dataBytes },
  { code: 'ill-formed' },
]

function fieldOf(issue: Issue, argument: string): string {
  const path = issue.path?.map((item) => String(item.key).slice(0, LONGEST_FIELD)) ?? []
  return pathOf(argument, path)
}

function pathOf(argument: string, path: readonly string[]): string {
  if (argument === MAIN_ARGUMENT && path.length > 0) return path.join('.')
  return [argument, ...path].join('.')
}

function rangeOf(issue: Issue, field: string): { min: number; max: number } {
  return field === 'ttl'
    ? { min: 1, max: LIMITS.ttlSeconds }
    : issue.type === 'min_value'
      ? { min: Number(issue.requirement), max: Number.MAX_SAFE_INTEGER }
      : { min: 0, max: Number(issue.requirement) }
}

function allowedOf(issue: Issue): string[] {
  return (issue.expected ?? '').replace(/[()"]/g, '').split(' | ')
}

function expectedOf(issue: Issue): string {
  const expected = issue.type === 'custom' ? 'object' : issue.type
  return expected === 'record' ? 'object' : expected
}

/** The name of a value's type as a reader would say it. */
export function typeNameOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 'binary'
  return typeof value
}

function refuse(problems: Problems): Parsed<never> {
  return { ok: false, problems }
}

function isNonEmpty(problems: Problem[]): problems is [Problem, ...Problem[]] {
  return problems.length > 0
}
