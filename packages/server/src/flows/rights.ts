import type { Problem, Problems } from '@carillon/protocol'
import { type Core, reportFault } from './core.ts'
import { ask } from './hooks.ts'
import type { AuthorizationRequest, ValidationRequest } from './ports.ts'

const NOTHING: readonly Problem[] = []

/** Whether the host lets it happen. Anything but `true` refuses. */
export async function authorize(core: Core, request: AuthorizationRequest): Promise<readonly Problem[]> {
  const { hooks } = core
  if (hooks.authorize === undefined) return NOTHING
  const answer = await ask(core, 'authorize', () => hooks.authorize?.(request))
  if (!answer.ok) return failed('authorize')
  if (answer.value === true) return NOTHING
  if (answer.value !== false) reportNonsense(core, 'authorize', 'true or false', answer.value)
  return [{ code: 'not-allowed', action: request.action }]
}

/** What the host says against a notification: nothing, a sentence, or a list of sentences. */
export async function validate(core: Core, request: ValidationRequest): Promise<readonly Problem[]> {
  const { hooks } = core
  if (hooks.validate === undefined) return NOTHING
  const answer = await ask(core, 'validate', () => hooks.validate?.(request))
  if (!answer.ok) return failed('validate')
  const sentences = typeof answer.value === 'string' ? [answer.value] : (answer.value ?? [])
  if (isSentences(sentences)) return sentences.map((sentence) => ({ code: 'rejected', sentence }))
  reportNonsense(core, 'validate', 'nothing, a sentence or a list of sentences', answer.value)
  return failed('validate')
}

export function isRefusal(problems: readonly Problem[]): problems is Problems {
  return problems.length > 0
}

function failed(hook: string): Problems {
  return [{ code: 'hook-failed', hook }]
}

function isSentences(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

function reportNonsense(core: Core, hook: string, expected: string, got: unknown): void {
  reportFault(
    core,
    'HOOK_FAILED',
    `The hook "${hook}" must return ${expected}, it returned ${typeof got}`,
    got,
  )
}
