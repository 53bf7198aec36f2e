import type { ChannelsList } from '@carillon/protocol'
import { policyOf } from '../rules/policies.ts'
import type { Core } from './core.ts'
import { feedOn } from './feeds.ts'
import { ask } from './hooks.ts'
import { reportNonsense } from './rights.ts'
import type { Session } from './session.ts'

/** All channels with members, as they were when it was made. */
export interface ChannelList {
  readonly madeAt: number
  /** How long it took to make. */
  readonly cost: number
  readonly channels: ChannelsList
  readonly names: readonly string[]
}

/** A list is used again for so many times as long as it took to make: asking costs a bounded share of the work. */
const REUSE = 20

/** Channels with members, the fullest first. */
export function channelsOf(core: Core): ChannelsList {
  return listOf(core).channels.slice(0, core.settings.channelsListed)
}

function listOf(core: Core): ChannelList {
  const now = core.clock.now()
  const known = core.channelList
  if (known !== null && now - known.madeAt < REUSE * known.cost) return known
  const channels: ChannelsList = []
  for (const { stream, members } of core.tails.values()) {
    if (stream.kind === 'channel' && members > 0) channels.push({ name: stream.name, clientCount: members })
  }
  channels.sort((a, b) => b.clientCount - a.clientCount || (a.name < b.name ? -1 : 1))
  const names = Object.freeze(channels.map(({ name }) => name))
  const made = { madeAt: now, cost: core.clock.now() - now, channels, names }
  core.channelList = made
  return made
}

/**
 * The channels that a client may know of: those that `visible` says; without it, where rights are asked for, those
 * that it is in or whose policy is no secret. Undefined when the hook failed. [G8]
 */
export async function visibleChannels(core: Core, session: Session): Promise<ChannelsList | undefined> {
  const { channels, names } = listOf(core)
  const isVisible = await visibility(core, session, names)
  if (isVisible === undefined) return undefined
  const seen: ChannelsList = []
  for (const channel of channels) {
    if (seen.length === core.settings.channelsListed) break
    if (isVisible(channel.name)) seen.push(channel)
  }
  return seen
}

type Visibility = (name: string) => boolean

async function visibility(
  core: Core,
  session: Session,
  names: readonly string[],
): Promise<Visibility | undefined> {
  const { hooks } = core
  if (hooks.visible !== undefined) {
    const answer = await ask(core, session, 'visible', () => hooks.visible?.(session.identity, names))
    if (!answer.ok) return undefined
    const seen = setOf(answer.value)
    if (seen !== undefined) return (name) => seen.has(name)
    reportNonsense(core, 'visible', 'a list of names', answer.value)
    return undefined
  }
  const isMember: Visibility = (name) => feedOn(session, name) !== undefined
  // What only the hook could tell is not told: a question for each channel would be a way to keep it busy.
  if (hooks.authorize !== undefined) return isMember
  return (name) => isOpen(core, session, name) || isMember(name)
}

/** Any iterable of names will do; one that throws is none, and text is no list of its letters. */
function setOf(value: unknown): ReadonlySet<unknown> | undefined {
  try {
    return isIterable(value) ? new Set(value) : undefined
  } catch {
    return undefined
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function isOpen(core: Core, { identity }: Session, name: string): boolean {
  const join = policyOf(core.policies, name)?.join ?? 'everyone'
  return join === 'everyone' || (join === 'users' && identity.userId !== null)
}
