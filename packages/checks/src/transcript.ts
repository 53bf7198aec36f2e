/**
 * A transcript of PROTOCOL.md: what a client and the server say to each other, one frame per line.
 *
 *     CLIENT alice > join-channel #1 "devops"
 *     SERVER alice < ack #1 {"ok": true, …}
 *     (Remarks stand in brackets.)
 */
export interface Turn {
  readonly line: string
  /** Which client; empty when there is but one. */
  readonly who: string
  readonly from: 'client' | 'server'
  readonly event: string
  /** Number of the acknowledgement that is asked for or given. */
  readonly ack: number | null
  readonly args: readonly unknown[]
}

const LINE = /^(CLIENT|SERVER)(?: (\w+))? +([><]) ([\w-]+)(?: #(\d+))?(?: (.*))?$/

/** Stands for members, or for a value, that the reader need not see. */
const ANYTHING = '…'

export function parseTranscript(text: string): Turn[] {
  return joinContinued(text).flatMap((line) => {
    if (line.trim() === '' || line.startsWith('(')) return []
    const match = LINE.exec(line)
    if (match === null) throw new Error(`not a line of a transcript: ${line}`)
    const [, side, who = '', arrow, event = '', ack, json = ''] = match
    if ((side === 'CLIENT') !== (arrow === '>')) throw new Error(`the arrow points the wrong way: ${line}`)
    const from = side === 'CLIENT' ? 'client' : 'server'
    return [
      { line, who, from, event, ack: ack === undefined ? null : Number(ack), args: parseArgs(json, line) },
    ]
  })
}

/** A line that begins with blanks goes on with the line before. */
function joinContinued(text: string): string[] {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    if (/^\s+\S/.test(line) && lines.length > 0) lines[lines.length - 1] += ` ${line.trim()}`
    else lines.push(line)
  }
  return lines
}

function parseArgs(json: string, line: string): unknown[] {
  const members = json.replace(/([{,]\s*)…(?=\s*})/g, `$1"${ANYTHING}": true`)
  const values = members.replace(/(:\s*)…/g, `$1"${ANYTHING}"`)
  try {
    return JSON.parse(`[${values}]`)
  } catch (cause) {
    throw new Error(`no JSON in this line of a transcript: ${line}`, { cause })
  }
}

/** Values that differ from run to run, by the names under which they travel. */
const UNIQUE = new Set(['id', 'notificationId', 'socketId'])
/** Streams may share an epoch. */
const RENAMED = new Set([...UNIQUE, 'epoch'])
const TIMES = new Set(['timestamp', 'serverTime', 'expiresAt'])
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/**
 * Knows which value of this run stands for which value of the document: the same one always, and never one id
 * for two. Times are compared by their form alone.
 */
export interface Names {
  /** Puts values of this run where the document has its own. */
  toRun(value: unknown): unknown
  /** What the document expects is turned into what this run should show; `undefined` for no difference. */
  differenceOf(expected: unknown, actual: unknown, path?: string): string | undefined
}

export function createNames(): Names {
  const toRun = new Map<string, string>()
  const toDocument = new Map<string, string>()

  function isSame(expected: string, actual: string, isUnique: boolean): boolean {
    const known = toRun.get(expected)
    if (known !== undefined) return known === actual
    if (isUnique && toDocument.has(actual)) return false
    toRun.set(expected, actual)
    toDocument.set(actual, expected)
    return true
  }

  function renamed(value: unknown): unknown {
    if (typeof value === 'string') return toRun.get(value) ?? value
    if (Array.isArray(value)) return value.map(renamed)
    if (!isRecord(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, renamed(member)]))
  }

  function differenceOf(expected: unknown, actual: unknown, path = ''): string | undefined {
    const key = path.split('.').at(-1) ?? ''
    if (expected === ANYTHING) return actual === undefined ? `${path} is missing` : undefined
    if (Array.isArray(expected) && Array.isArray(actual))
      return ofMembers({ ...expected }, { ...actual }, path)
    if (isRecord(expected) && isRecord(actual)) return ofMembers(expected, actual, path)
    const areTexts = typeof expected === 'string' && typeof actual === 'string'
    if (areTexts && TIMES.has(key))
      return ISO.test(actual) && ISO.test(expected) ? undefined : `${path} is no time`
    if (areTexts && RENAMED.has(key))
      return isSame(expected, actual, UNIQUE.has(key)) ? undefined : shown(path, expected, actual)
    return expected === actual ? undefined : shown(path, expected, actual)
  }

  function ofMembers(expected: object, actual: object, path: string): string | undefined {
    const wanted: Record<string, unknown> = { ...expected }
    const given: Record<string, unknown> = { ...actual }
    const isOpen = Object.hasOwn(wanted, ANYTHING)
    delete wanted[ANYTHING]
    for (const name of Object.keys(wanted)) {
      if (!Object.hasOwn(given, name)) return `${path}.${name} is missing`
      const difference = differenceOf(wanted[name], given[name], `${path}.${name}`)
      if (difference !== undefined) return difference
    }
    const extra = Object.keys(given).find((name) => !Object.hasOwn(wanted, name))
    return extra === undefined || isOpen ? undefined : `${path}.${extra} is not in the document`
  }

  return { toRun: renamed, differenceOf }
}

function shown(path: string, expected: unknown, actual: unknown): string {
  return `${path || 'it'} is ${JSON.stringify(actual)}, the document says ${JSON.stringify(expected)}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
