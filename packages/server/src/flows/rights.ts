import type { Problem, Problems } from '@carillon/protocol'
import type { Identity } from '../rules/identity.ts'
import { type Audience, type Policy, policyOf } from '../rules/policies.ts'
import { type Core, reportFault } from './core.ts'
import { feedOn } from './feeds.ts'
import { ask } from './hooks.ts'
import type { AuthorizationRequest, ValidationRequest } from './ports.ts'
import type { Session } from './session.ts'

const NOTHING: readonly Problem[] = []

/** What somebody wants to do; who it is, the session says. Only a send has a kind. */
export type Wish = Omit<AuthorizationRequest, 'user' | 'kind'> & Partial<Pick<AuthorizationRequest, 'kind'>>

/** Whether anything has to be asked at all. Where not, nothing waits. */
export function isUnguarded({ hooks, policies }: Core): boolean {
  return hooks.authorize === undefined && policies.length === 0
}

/** For whom it is asked, where that is not the session as it is. */
export interface Asker {
  readonly user: Identity
  /** Somebody in the channel. */
  readonly isMember: boolean
}

/**
 * Whether the host lets it happen: the policy of the channel and `authorize` both have to. Anything but `true`
 * refuses.
 */
export async function authorize(
  core: Core,
  session: Session,
  wish: Wish,
  { user = session.identity, isMember = isIn(session, wish.channel) }: Partial<Asker> = {},
): Promise<readonly Problem[]> {
  const asker = { user, isMember }
  const denied = await judge(core, session, wish, asker)
  if (isRefusal(denied) || core.hooks.authorize === undefined) return denied
  return question(core, session, 'authorize', wish, asker, (request) => core.hooks.authorize?.(request))
}

/** What the first policy that fits the channel says. */
async function judge(core: Core, session: Session, wish: Wish, asker: Asker): Promise<readonly Problem[]> {
  const { action, channel } = wish
  if (channel === null || (action !== 'join' && action !== 'send' && action !== 'history')) return NOTHING
  const policy = policyOf(core.policies, channel)
  if (policy === undefined) return NOTHING
  const right = policy[action]
  if (typeof right !== 'function') return holds(right, asker) ? NOTHING : [{ code: 'not-allowed', action }]
  return question(core, session, 'policy', wish, asker, (request) =>
    Reflect.apply(right, undefined, [request]),
  )
}

function isIn(session: Session, channel: string | null): boolean {
  return channel !== null && feedOn(session, channel) !== undefined
}

function holds(right: Audience, { user, isMember }: Asker): boolean {
  switch (right) {
    case 'everyone':
      return true
    case 'users':
      return user.userId !== null
    case 'members':
      return isMember
    case 'server':
      return false
  }
}

async function question(
  core: Core,
  session: Session,
  hook: string,
  wish: Wish,
  { user }: Asker,
  call: (request: AuthorizationRequest) => unknown,
): Promise<readonly Problem[]> {
  const request = { kind: null, ...wish, user }
  const answer = await ask(core, session, hook, () => call(request))
  if (!answer.ok) return failed(hook)
  if (answer.value === true) return NOTHING
  if (answer.value !== false) reportNonsense(core, hook, 'true or false', answer.value)
  return [{ code: 'not-allowed', action: wish.action }]
}

/** What the host says against a notification: nothing, a sentence, or a list of sentences. */
export async function validate(
  core: Core,
  session: Session,
  request: ValidationRequest,
): Promise<readonly Problem[]> {
  const { hooks } = core
  if (hooks.validate === undefined) return NOTHING
  const answer = await ask(core, session, 'validate', () => hooks.validate?.(request))
  if (!answer.ok) return failed('validate')
  const sentences = typeof answer.value === 'string' ? [answer.value] : (answer.value ?? [])
  if (isSentences(sentences)) return sentences.map((sentence) => ({ code: 'rejected', sentence }))
  reportNonsense(core, 'validate', 'nothing, a sentence or a list of sentences', answer.value)
  return failed('validate')
}

/** Which policy holds in a channel, for what is not a question of rights. */
export function policyFor(core: Core, channel: string): Policy | undefined {
  return policyOf(core.policies, channel)
}

export function isRefusal(problems: readonly Problem[]): problems is Problems {
  return problems.length > 0
}

export function failed(hook: string): Problems {
  return [{ code: 'hook-failed', hook }]
}

function isSentences(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

export function reportNonsense(core: Core, hook: string, expected: string, got: unknown): void {
  reportFault(
    core,
    'HOOK_FAILED',
    `The hook "${hook}" must return ${expected}, it returned ${typeof got}`,
    got,
  )
}
