import type { ChannelsList } from '@carillon/protocol'
import { policyOf, type Right } from '../rules/policies.ts'
import type { Core } from './core.ts'
import { ask } from './hooks.ts'
import { reportNonsense } from './rights.ts'
import type { Session } from './session.ts'

/** All channels with members, as they were when it was made. */
export interface ChannelList {
  readonly madeAt: number
  /** How often somebody had joined or left. */
  readonly changes: number
  /** How long it took to make. */
  readonly cost: number
  readonly channels: ChannelsList
  readonly names: readonly string[]
  /** The channels that somebody may know of for what they are, whoever they are. */
  readonly open: { readonly toUsers: OpenChannels; readonly toGuests: OpenChannels }
}

interface OpenChannels {
  /** As many as are listed. */
  readonly first: ChannelsList
  readonly names: ReadonlySet<string>
}

/**
 * A long list that is no longer true is used again for so many times as long as it took to make: so asking costs a
 * bounded share of the work, however much comes and goes.
 */
const REUSE = 20
const LONG = 500

/** Channels with members, the fullest first. */
export function channelsOf(core: Core): ChannelsList {
  return listOf(core).channels.slice(0, core.settings.channelsListed)
}

function listOf(core: Core): ChannelList {
  const now = core.clock.now()
  const known = core.channelList
  if (known !== null && (known.changes === core.memberChanges || isFresh(known, now))) return known
  const channels: ChannelsList = []
  for (const { stream, members } of core.tails.values()) {
    if (stream.kind === 'channel' && members > 0) channels.push({ name: stream.name, clientCount: members })
  }
  channels.sort(byMembers)
  const names = Object.freeze(channels.map(({ name }) => name))
  const open = { toUsers: openTo(core, USERS, channels), toGuests: openTo(core, GUESTS, channels) }
  const made = {
    madeAt: now,
    changes: core.memberChanges,
    cost: core.clock.now() - now,
    channels,
    names,
    open,
  }
  core.channelList = made
  return made
}

function isFresh({ madeAt, cost, channels }: ChannelList, now: number): boolean {
  return channels.length >= LONG && now - madeAt < REUSE * cost
}

function byMembers(a: ChannelsList[number], b: ChannelsList[number]): number {
  return b.clientCount - a.clientCount || (a.name < b.name ? -1 : 1)
}

/** Whom a policy may mean by a word that says nothing of a channel's members. */
const USERS: readonly Right[] = ['everyone', 'users']
const GUESTS: readonly Right[] = ['everyone']

const NONE: OpenChannels = { first: [], names: new Set() }

function openTo(core: Core, audiences: readonly Right[], channels: ChannelsList): OpenChannels {
  const { hooks, policies, settings } = core
  // What only the hook could tell is not told: a question for each channel would be a way to keep it busy.
  if (hooks.visible !== undefined || hooks.authorize !== undefined) return NONE
  const open = channels.filter(({ name }) => audiences.includes(policyOf(policies, name)?.join ?? 'everyone'))
  return { first: open.slice(0, settings.channelsListed), names: new Set(open.map(({ name }) => name)) }
}

/**
 * The channels that a client may know of: those that `visible` says; without it, where rights are asked for, those
 * that it is in or whose policy is no secret. Undefined when the hook failed. [G8]
 */
export async function visibleChannels(core: Core, session: Session): Promise<ChannelsList | undefined> {
  return core.hooks.visible === undefined ? openOrOwn(core, session) : chosen(core, session)
}

/** Looks at the channels of the session alone: what is open to others like it, the list knows. */
function openOrOwn(core: Core, session: Session): ChannelsList {
  const { toUsers, toGuests } = listOf(core).open
  const open = session.identity.userId === null ? toGuests : toUsers
  const own: ChannelsList = []
  for (const { tail } of session.feeds) {
    const { kind, name } = tail.stream
    if (kind === 'channel' && !open.names.has(name)) own.push({ name, clientCount: tail.members })
  }
  if (own.length === 0) return open.first
  return [...open.first, ...own].sort(byMembers).slice(0, core.settings.channelsListed)
}

/** What `visible` says, asked once for all channels. */
async function chosen(core: Core, session: Session): Promise<ChannelsList | undefined> {
  const { channels, names } = listOf(core)
  const answer = await ask(core, session, 'visible', () => core.hooks.visible?.(session.identity, names))
  if (!answer.ok) return undefined
  const seen = setOf(answer.value)
  if (seen === undefined) {
    reportNonsense(core, 'visible', 'a list of names', answer.value)
    return undefined
  }
  return channels.filter(({ name }) => seen.has(name)).slice(0, core.settings.channelsListed)
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
