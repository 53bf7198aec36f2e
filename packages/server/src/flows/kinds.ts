import {
  findJsonFault,
  isPlainObject,
  type JsonObject,
  LIMITS,
  type NotificationDraft,
  type Problem,
  type Problems,
  typeNameOf,
} from '@carillon/protocol'
import type { Core } from './core.ts'
import { ask, isThenable } from './hooks.ts'
import { failed, isRefusal } from './rights.ts'
import type { Session } from './session.ts'

/** What a schema says of the data, once its answer has been looked at. */
export type KindVerdict =
  | { readonly ok: true; readonly data: JsonObject | null }
  | { readonly ok: false; readonly problems: Problems }

/** More than a reader can use. */
const MOST_ISSUES = 32
const MOST_KINDS_NAMED = 32
/** What is said of a problem may hold text of the sender, and of a library. */
const LONGEST_SENTENCE = 300
const LONGEST_FIELD = LIMITS.channelNameBytes

/** Whether there is something to check about the kind of a notification. */
export function hasSchema(core: Core, { kind }: NotificationDraft): boolean {
  return kind !== null && core.hooks.kinds !== undefined
}

/**
 * PROTOCOL.md, "send-notification": whether the host knows the kind, and what its schema makes of the data. Fails
 * closed, as every hook does: a schema that throws, hangs or gives no JSON object is the host's fault, not the sender's.
 *
 * @param session whose notification it is; `null` for the host's
 */
export async function checkKind(
  core: Core,
  session: Session | null,
  { kind, data }: NotificationDraft,
): Promise<KindVerdict> {
  const { kinds } = core.hooks
  if (kind === null || kinds === undefined) return { ok: true, data }
  const schema = kinds.get(kind)
  if (schema === undefined) {
    const allowed = [...kinds.keys()].slice(0, MOST_KINDS_NAMED)
    return { ok: false, problems: [{ code: 'unknown-kind', field: 'kind', allowed }] }
  }
  let verdict: KindVerdict = { ok: false, problems: failed('kinds') }
  const read = (result: unknown): void => {
    verdict = verdictOf(result)
  }
  // The result is read within the guard, too: it may throw when it is looked at.
  await ask(core, session, `kinds.${kind}`, () => {
    // Schemas know an absent value, with its default or as optional, by `undefined`.
    const result = schema(data ?? undefined)
    return isThenable(result) ? result.then(read) : read(result)
  })
  return verdict
}

function verdictOf(result: unknown): KindVerdict {
  if (typeof result !== 'object' || result === null) throw noResult(result)
  if ('issues' in result && result.issues) {
    const problems = problemsOf(result.issues)
    if (isRefusal(problems)) return { ok: false, problems }
    throw noResult(result)
  }
  if (!('value' in result)) throw noResult(result)
  return { ok: true, data: dataOf(result.value) }
}

function dataOf(output: unknown): JsonObject | null {
  if (output === undefined || output === null) return null
  const data = isJsonObject(output) ? output : withoutAbsent(output)
  if (isJsonObject(data)) return data
  const fault = isPlainObject(data) ? findJsonFault(data)?.code : typeNameOf(data)
  throw new Error(`a schema must give a JSON object within the limits, or nothing, it gave: ${fault}`)
}

function isJsonObject(value: unknown): value is JsonObject {
  return isPlainObject(value) && findJsonFault(value) === undefined
}

/** A member that is `undefined` is an absent one, as in JSON. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent)
  if (!isPlainObject(value)) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutAbsent(member)]))
}

function problemsOf(issues: unknown): readonly Problem[] {
  if (!Array.isArray(issues)) throw noResult(issues)
  // A list of a library may be a class of its own, whose copies are more than lists.
  return Array.from<unknown>(issues).slice(0, MOST_ISSUES).map(problemOf)
}

function problemOf(issue: unknown): Problem {
  if (typeof issue !== 'object' || issue === null) throw noResult(issue)
  if (!('message' in issue) || typeof issue.message !== 'string') throw noResult(issue)
  const path = 'path' in issue && Array.isArray(issue.path) ? Array.from<unknown>(issue.path) : []
  const names = path.slice(0, LIMITS.dataDepth).map(nameOf)
  return {
    code: 'invalid-data',
    field: ['data', ...names].join('.').slice(0, LONGEST_FIELD),
    sentence: issue.message.slice(0, LONGEST_SENTENCE),
  }
}

/** A step of a path: a key, or an object that has one. */
function nameOf(step: unknown): string {
  return String(typeof step === 'object' && step !== null && 'key' in step ? step.key : step)
}

function noResult(got: unknown): Error {
  return new Error(`a schema must give a result of Standard Schema, it gave ${typeNameOf(got)}`)
}
