import { type Core, reportFault } from './core.ts'

/** What a hook said. A throw, a rejection and silence all count as `failed`: hooks fail closed. */
export type HookAnswer = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

const FAILED: HookAnswer = { ok: false }

/** Calls a hook of the host. Never throws, never waits longer than the time limit. */
export async function ask(core: Core, name: string, call: () => unknown): Promise<HookAnswer> {
  if (core.isClosing) return FAILED
  try {
    const answer = call()
    const value = isThenable(answer) ? await withinLimit(core, answer) : answer
    return { ok: true, value }
  } catch (cause) {
    if (core.isClosing) return FAILED
    reportFault(core, 'HOOK_FAILED', `The hook "${name}" failed`, cause)
    return FAILED
  }
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
