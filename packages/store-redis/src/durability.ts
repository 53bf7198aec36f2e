import type { Durability } from '@carillon/store'
import type { Client } from './connection.ts'
import { textOf } from './replies.ts'

/** What one server says of itself; `null` for what it does not tell. */
export interface ServerSettings {
  readonly appendonly: string | null
  readonly appendfsync: string | null
  /** Whether the server leaves out fsync while it writes its file anew. */
  readonly noFsyncOnRewrite: string | null
  readonly evictionPolicy: string | null
  readonly save: string | null
}

const POWER =
  'What Redis confirms survives the end of any process and of the machine (append-only file, fsync always).'
const SECOND =
  'What Redis confirms survives the end of any process, but for up to two seconds when Redis is killed while its disk is slow; about the last second is lost with the power (append-only file, fsync everysec).'
const FILE_ONLY =
  'What Redis confirms survives the end of any process; up to about half a minute is lost with the power (append-only file, fsync left to the system).'
const SNAPSHOTS =
  'What Redis confirms is lost when Redis ends, back to its last snapshot (no append-only file).'
const NOTHING = 'What Redis confirms is lost when Redis ends (no persistence).'
const UNKNOWN_FSYNC =
  'What Redis confirms survives the end of any process; what is lost with the power could not be read (append-only file, CONFIG is forbidden).'
const UNKNOWN =
  'What a confirmation of Redis survives could not be read (CONFIG and INFO are forbidden): nothing is promised.'
const NO_FSYNC_ON_REWRITE =
  'What Redis confirms survives the end of any process, but not of the machine while Redis writes its file anew (append-only file, fsync always).'

/** Looks at the settings of a server, or of every master of a cluster: the weakest decides. */
export async function readDurability(
  client: Client,
  ask: (command: () => Promise<unknown>) => Promise<unknown>,
): Promise<Durability> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client]
  if (nodes.length === 0) throw new Error('The cluster shows no master')
  const found = await Promise.all(
    nodes.map(async (node) => judge(await readSettings((...args) => ask(() => node.call(...args))))),
  )
  const [weakest] = [...found].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
  const warnings = [...new Set(found.flatMap((one) => one.warnings))]
  const { level, sentence } = weakest ?? { level: 'none', sentence: UNKNOWN }
  return { level, sentence, warnings }
}

const LEVELS: readonly Durability['level'][] = ['none', 'process', 'power']

type Call = (command: string, ...args: string[]) => Promise<unknown>

async function readSettings(call: Call): Promise<ServerSettings> {
  const setting = async (name: string): Promise<string | null> => {
    try {
      return entryOf(await call('CONFIG', 'GET', name), name)
    } catch (cause) {
      return forbidden(cause)
    }
  }
  const [appendonly, appendfsync, noFsyncOnRewrite, evictionPolicy, save] = await Promise.all([
    setting('appendonly'),
    setting('appendfsync'),
    setting('no-appendfsync-on-rewrite'),
    setting('maxmemory-policy'),
    setting('save'),
  ])
  return {
    appendonly: appendonly ?? (await readAofEnabled(call)),
    appendfsync,
    noFsyncOnRewrite,
    evictionPolicy: evictionPolicy ?? (await infoOf(call, 'memory', 'maxmemory_policy')),
    save,
  }
}

/** Managed servers often forbid CONFIG, but INFO says at least whether there is a file. */
async function readAofEnabled(call: Call): Promise<string | null> {
  const enabled = await infoOf(call, 'persistence', 'aof_enabled')
  return enabled === null ? null : enabled === '1' ? 'yes' : 'no'
}

async function infoOf(call: Call, section: string, name: string): Promise<string | null> {
  try {
    const line = textOf(await call('INFO', section))
      .split('\r\n')
      .find((one) => one.startsWith(`${name}:`))
    return line === undefined ? null : line.slice(name.length + 1)
  } catch (cause) {
    return forbidden(cause)
  }
}

/** A client may give a map for what others give as a list. */
function entryOf(reply: unknown, name: string): string | null {
  if (Array.isArray(reply)) return reply.length < 2 ? null : textOf(reply[1])
  if (typeof reply !== 'object' || reply === null) return null
  const entry = Object.entries(reply).find(([key]) => key === name)
  return entry === undefined ? null : textOf(entry[1])
}

/** What Redis refuses to tell is unknown; a server that cannot be reached is another matter. */
function forbidden(cause: unknown): null {
  if (cause instanceof Error && cause.name === 'ReplyError') return null
  throw cause
}

/** What a confirmation of such a server survives. */
export function judge(settings: ServerSettings): Durability {
  return { ...promiseOf(settings), warnings: warningsOf(settings) }
}

function promiseOf(settings: ServerSettings): Pick<Durability, 'level' | 'sentence'> {
  const { appendonly, appendfsync, noFsyncOnRewrite, save } = settings
  if (appendonly === null) return { level: 'none', sentence: UNKNOWN }
  if (appendonly !== 'yes') return { level: 'none', sentence: save ? SNAPSHOTS : NOTHING }
  if (appendfsync === null) return { level: 'process', sentence: UNKNOWN_FSYNC }
  if (appendfsync === 'everysec') return { level: 'process', sentence: SECOND }
  if (appendfsync !== 'always') return { level: 'process', sentence: FILE_ONLY }
  if (noFsyncOnRewrite === 'yes') return { level: 'process', sentence: NO_FSYNC_ON_REWRITE }
  return { level: 'power', sentence: POWER }
}

function warningsOf(settings: ServerSettings): string[] {
  const { appendonly, appendfsync, noFsyncOnRewrite, evictionPolicy } = settings
  const warnings: string[] = []
  if (appendonly === null)
    warnings.push('Redis does not tell whether it has an append-only file: make sure of "appendonly yes".')
  else if (appendonly !== 'yes')
    warnings.push(
      'Redis has no append-only file: set "appendonly yes", or notifications are lost when it ends.',
    )
  // While an fsync runs in the background, Redis holds back even what it would write, and confirms it.
  if (appendonly === 'yes' && appendfsync === 'everysec')
    warnings.push(
      'Redis confirms what it has not yet written while its disk is slow ("appendfsync everysec"): set "appendfsync always".',
    )
  if (appendonly === 'yes' && appendfsync === null)
    warnings.push('Redis does not tell when it writes its file: make sure of "appendfsync always".')
  if (appendonly === 'yes' && appendfsync === 'no')
    warnings.push('Redis leaves fsync to the system: set "appendfsync always".')
  if (appendonly === 'yes' && appendfsync === 'always' && noFsyncOnRewrite === 'yes')
    warnings.push('Redis leaves out fsync now and then: set "no-appendfsync-on-rewrite no".')
  if (evictionPolicy === null)
    warnings.push('Redis does not tell what it evicts: make sure of "maxmemory-policy noeviction".')
  else if (evictionPolicy !== 'noeviction')
    warnings.push(
      `Redis drops data when its memory is full ("maxmemory-policy ${evictionPolicy}"): set "maxmemory-policy noeviction".`,
    )
  return warnings
}
