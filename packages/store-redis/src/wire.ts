import { type Connection, unreachable } from './connection.ts'
import type { Script } from './scripts/script.ts'

export type Command = readonly [name: string, ...args: string[]]

export interface ScriptCall {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

export type Reply =
  | { readonly ok: true; readonly value: unknown }
  /** `isVoid`: surely nothing was done. */
  | { readonly ok: false; readonly cause: unknown; readonly isVoid: boolean }

/** Commands to Redis, each answered within a time limit. */
export interface Wire {
  /** Sends all at once. Rejects when nothing was sent at all. */
  send(commands: readonly Command[]): Promise<readonly Reply[]>
  /** Calls one script many times, at once. Rejects when nothing was sent at all. */
  run(script: Script, calls: readonly ScriptCall[]): Promise<readonly Reply[]>
  /** Waits for any other command within the same limit. */
  within(command: () => Promise<unknown>): Promise<unknown>
}

export function createWire(connection: Connection, timeoutMs: number): Wire {
  async function send(commands: readonly Command[]): Promise<readonly Reply[]> {
    if (commands.length === 0) return []
    await connection.ready()
    const losses = connection.losses()
    const limit = timeLimit(timeoutMs)
    const toReply = (cause: unknown): Reply => {
      // The connection has just ended, and ioredis has noticed before it could tell.
      if (isNeverSent(cause)) return neverSent(unreachable(cause))
      return { ok: false, cause, isVoid: losses === connection.losses() && isDenied(cause) }
    }
    try {
      return await Promise.all(
        dispatch(connection, commands).map((reply) => Promise.race([reply, limit.late]).then(done, toReply)),
      )
    } finally {
      limit.cancel()
    }
  }

  return {
    send,
    async within(command) {
      const limit = timeLimit(timeoutMs)
      return Promise.race([command(), limit.late]).finally(limit.cancel)
    },
    async run(script, calls) {
      const form =
        (name: string, what: string) =>
        ({ keys, args }: ScriptCall): Command => {
          return [name, what, String(keys.length), ...keys, ...args]
        }
      const replies = [...(await send(calls.map(form('EVALSHA', script.sha))))]
      // Redis was restarted, or its scripts were flushed: what is sent in full is known again afterwards.
      const unknown = replies.flatMap((reply, at) => (isUnknownScript(reply) ? [at] : []))
      if (unknown.length === 0) return replies
      const again = unknown.flatMap((at) => calls[at] ?? [])
      const answers = await send(again.map(form('EVAL', script.source))).catch(neverSent)
      for (const [index, at] of unknown.entries()) {
        const answer = Array.isArray(answers) ? answers[index] : answers
        if (answer !== undefined) replies[at] = answer
      }
      return replies
    },
  }
}

/** The value of a single call, or its failure as a rejection. */
export async function callScript(wire: Wire, script: Script, call: ScriptCall): Promise<unknown> {
  const [reply] = await wire.run(script, [call])
  return unwrap(reply)
}

export function unwrap(reply: Reply | undefined): unknown {
  if (reply?.ok) return reply.value
  throw reply?.cause ?? new Error('Redis gave no answer')
}

const done = (value: unknown): Reply => ({ ok: true, value })
const neverSent = (cause: unknown): Reply => ({ ok: false, cause, isVoid: true })

/**
 * One write for all where there is one server. The nodes of a cluster each get their own; ioredis would refuse a
 * pipeline over several.
 */
function dispatch({ client }: Connection, commands: readonly Command[]): Promise<unknown>[] {
  if (client.isCluster || commands.length === 1)
    return commands.map(([name, ...args]) => client.call(name, ...args))
  const pipeline = client.pipeline()
  for (const [name, ...args] of commands) pipeline.call(name, ...args)
  const results = pipeline.exec()
  return commands.map(async (_, at) => {
    const [error, value] = (await results)?.[at] ?? [new Error('Redis gave no answer')]
    if (error) throw error
    return value
  })
}

function timeLimit(limitMs: number): { readonly late: Promise<never>; cancel(): void } {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis gave no answer within ${limitMs} ms`)), limitMs)
  })
  // Nobody may be waiting any more by then.
  late.catch(() => undefined)
  return { late, cancel: () => clearTimeout(timer) }
}

/** What Redis says before it does anything, or at the first thing that a script would write. */
const DENIALS =
  /^(OOM|READONLY|MISCONF|NOSCRIPT|NOAUTH|WRONGPASS|NOPERM|LOADING|BUSY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|CROSSSLOT) /

export function isDenied(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'ReplyError' && DENIALS.test(cause.message)
}

function isNeverSent(cause: unknown): boolean {
  return cause instanceof Error && cause.message.includes('enableOfflineQueue options is false')
}

function isUnknownScript(reply: Reply): boolean {
  return !reply.ok && reply.cause instanceof Error && reply.cause.message.startsWith('NOSCRIPT ')
}
