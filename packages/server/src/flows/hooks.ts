import { type Core, reportFault } from './core.ts'
import type { Session } from './session.ts'

/** What a hook said. A throw, a rejection and silence all count as `failed`: hooks fail closed. */
export type HookAnswer = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

const FAILED: HookAnswer = { ok: false }

/** The answers that one socket waits for, and what waits for one of them to come. */
interface Desk {
  underWay: number
  readonly waiting: Set<() => void>
}

/** Only of sockets for which a hook is at work. */
export type Desks = Map<Session, Desk>

/**
 * Calls a hook of the host. Never throws, never waits longer than the time limit for its answer. A socket has a few
 * answers under way at most: whoever floods a slow hook waits in a queue of their own. [G7]
 *
 * @param session whose request it is about; `null` for what the host itself sends
 */
export async function ask(
  core: Core,
  session: Session | null,
  name: string,
  call: () => unknown,
): Promise<HookAnswer> {
  try {
    while (session !== null && isBusy(core, session)) await turnOf(core, session)
    if (core.isClosing) return FAILED
    const answer = call()
    if (!isThenable(answer)) return { ok: true, value: answer }
    const value = await (session === null ? withinLimit(core, answer) : attended(core, session, answer))
    return { ok: true, value }
  } catch (cause) {
    if (core.isClosing) return FAILED
    reportFault(core, 'HOOK_FAILED', `The hook "${name}" failed`, cause)
    return FAILED
  } finally {
    if (session !== null) callNext(core, session)
  }
}

function isBusy({ desks, settings }: Core, session: Session): boolean {
  const desk = desks.get(session)
  return desk !== undefined && desk.underWay >= settings.hooksPerSocket
}

/** Resolves when an answer of the socket has come; rejects when none comes in time. */
async function turnOf(core: Core, session: Session): Promise<void> {
  const waiting = core.desks.get(session)?.waiting
  if (waiting === undefined) return
  let begin = (): void => undefined
  const turn = new Promise<void>((resolve) => {
    begin = resolve
  })
  waiting.add(begin)
  try {
    await withinLimit(core, turn)
  } finally {
    waiting.delete(begin)
  }
}

async function attended(core: Core, session: Session, answer: PromiseLike<unknown>): Promise<unknown> {
  const desk = core.desks.get(session) ?? { underWay: 0, waiting: new Set() }
  core.desks.set(session, desk)
  desk.underWay += 1
  try {
    return await withinLimit(core, answer)
  } finally {
    desk.underWay -= 1
  }
}

/** An answer has come: somebody else may ask. */
function callNext(core: Core, session: Session): void {
  const desk = core.desks.get(session)
  if (desk === undefined || isBusy(core, session)) return
  const [next] = desk.waiting
  if (next !== undefined) {
    desk.waiting.delete(next)
    next()
  } else if (desk.underWay === 0) core.desks.delete(session)
}

function withinLimit(core: Core, answer: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ms = core.settings.hookTimeoutMs
    const abort = (): void => settle(() => reject(new Error('the notifications were closed')))
    const cancel = core.clock.after(ms, () => settle(() => reject(new Error(`no answer within ${ms} ms`))))
    const settle = (finish: () => void): void => {
      cancel()
      core.aborts.delete(abort)
      finish()
    }
    core.aborts.add(abort)
    answer.then(
      (value) => settle(() => resolve(value)),
      (cause) => settle(() => reject(cause)),
    )
  })
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
