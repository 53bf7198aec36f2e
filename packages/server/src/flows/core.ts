import type { Catalogue, RecoveryFailure } from '@carillon/protocol'
import type { Item, NotificationStore, Page } from '@carillon/store'
import type { BufferLimits, Strain } from '../rules/backlog.ts'
import type { Narrowing } from '../rules/bounds.ts'
import { createGuard, type Guard, type GuardBounds } from '../rules/guard.ts'
import type { MarkSettings } from '../rules/marks.ts'
import type { Policy } from '../rules/policies.ts'
import { createStatsPace, type StatsLimits, type StatsPace } from '../rules/stats-pace.ts'
import type { Tail } from '../rules/tail.ts'
import { type Appender, createAppender } from './appender.ts'
import type { ChannelList } from './channel-list.ts'
import { type Cursors, createCursors } from './cursors.ts'
import { createExpiries, type Expiries } from './expiry.ts'
import type { Desks } from './hooks.ts'
import { createPages, type Pages } from './pages.ts'
import type { Announce, Clock, Fault, Hooks, Neighbours, Rates, Wire } from './ports.ts'
import type { Suspicion } from './reading.ts'
import type { Session } from './session.ts'
import type { UserSessions } from './users.ts'
import type { HeardWords } from './words.ts'

/** Options after the check, cut to what the flows need. */
export interface Settings {
  readonly catalogue: Catalogue
  /** What `limits` of `connection-confirmed` says. */
  readonly announcedLimits: Readonly<Record<string, number>>
  /** What is looked at beyond the protocol; `null` for nothing. */
  readonly narrowing: Narrowing | null
  /** How often a socket may ask; `null` for as often as it likes. */
  readonly rates: GuardBounds | null
  readonly channelsPerSocket: number
  readonly requestsPerSocket: number
  readonly channelsListed: number
  readonly historyItems: number
  /** Size of a page of missed notifications. */
  readonly page: { readonly limit: number; readonly maxBytes: number }
  /** Missed broadcasts that are delivered at most. */
  readonly missedBroadcasts: number
  readonly hookTimeoutMs: number
  readonly hooksPerSocket: number
  readonly holeWaitMs: number
  readonly lingerMs: number
  /** How often statistics go out; `null` for never. */
  readonly stats: StatsLimits | null
  readonly marks: MarkSettings
  /** What may wait for one socket. */
  readonly buffer: BufferLimits
  /** Time between two looks at what waits. */
  readonly lookMs: number
  /** Sender of what the host sends without naming one. */
  readonly serverName: string
}

/** A page that is being read for somebody, who may be taken out of the channel meanwhile. */
export interface HistoryRead {
  readonly session: Session
  readonly channel: string | null
  isRevoked: boolean
}

/** Everything that one scope knows: the flows are functions of it. */
export interface Core {
  readonly scope: string
  readonly settings: Settings
  readonly store: NotificationStore
  readonly wire: Wire
  readonly clock: Clock
  readonly hooks: Hooks
  readonly policies: readonly Policy[]
  readonly rates: Rates | null
  readonly announce: Announce
  readonly neighbours: Neighbours
  /** Whoever is connected. */
  readonly sessions: () => Iterable<Session>
  readonly newId: (time: number) => string
  readonly fingerprint: (text: string) => string
  readonly appender: Appender
  readonly cursors: Cursors
  readonly pages: Pages
  /** What the host sends and whose kind is still being checked, by stream: the last of each. */
  readonly hostLanes: Map<string, Promise<void>>

  readonly users: Map<string, UserSessions>
  readonly tails: Map<string, Tail>
  readonly opening: Map<Tail, Promise<void>>
  readonly healing: Set<Tail>
  /** Tails of which something did not fit, until they have been looked at. */
  readonly suspects: Map<Tail, Suspicion>
  readonly restart: (tail: Tail, page: Page, reason: RecoveryFailure, from: number) => void
  readonly obey: (user: string, item: Item) => void
  readonly heed: (session: Session, item: Item) => void
  /** Tails that are read because of a hint. */
  readonly reading: Map<Tail, Promise<void>>
  /** How often news may have been missed. */
  gaps: number
  /** Since a silence no news are heard. */
  isSilent: boolean
  /** The check of all heads, and whether it has to come once more. */
  readonly check: { running: Promise<void> | null; isDue: boolean }
  readonly startedAt: number
  readonly pace: StatsPace
  /** Sessions whose connection is confirmed. */
  ready: number
  /** Channels with at least one member. */
  activeChannels: number
  /** Sockets whose missed broadcasts are under way. */
  behind: number
  /** The list of channels that was made last. */
  channelList: ChannelList | null
  /** How often somebody joined or left a channel. */
  memberChanges: number
  cancelStats: (() => void) | null
  cancelSweep: (() => void) | null
  /** Sessions for which too much waits. */
  readonly strains: Map<Session, Strain>
  /** Who waits for a turn, until the last one is over. */
  readonly turns: Map<Session, Promise<void>>
  cancelLook: (() => void) | null
  /** Timers of holes and retries. */
  readonly timers: Set<() => void>
  readonly guard: Guard<Session>
  readonly words: HeardWords
  /** Pages of history of channels that are being read. */
  readonly historyReads: Set<HistoryRead>
  readonly desks: Desks
  readonly expiries: Expiries
  /** Ends the waits for hooks. */
  readonly aborts: Set<() => void>
  isClosing: boolean
}

/** A timer that close() cancels with all others. */
export function later(core: Core, ms: number, run: () => void): () => void {
  if (core.isClosing) return () => undefined
  const cancel = core.clock.after(ms, () => {
    core.timers.delete(cancel)
    run()
  })
  core.timers.add(cancel)
  return () => {
    core.timers.delete(cancel)
    cancel()
  }
}

export function reportFault(core: Core, code: Fault['code'], message: string, cause: unknown): void {
  core.announce.problem({ code, message, cause })
}

/** See restart.ts. */
export type Restart = (core: Core, tail: Tail, page: Page, reason: RecoveryFailure, from: number) => void

/** See controls.ts. */
export type Obey = (core: Core, user: string, item: Item) => void
export type Heed = (core: Core, session: Session, item: Item) => void

/** The calls that go against the arrows. */
export interface Upward {
  /** Puts the readers of a lost log on it anew. */
  readonly restart: Restart
  /** Does with a user's connections what an entry of the user's stream says. */
  readonly obey: Obey
  /** The same with one connection, of an entry that it meets while it reads on. */
  readonly heed: Heed
}

/** What a core is made of. */
export type CoreParts = Pick<
  Core,
  | 'scope'
  | 'settings'
  | 'store'
  | 'wire'
  | 'clock'
  | 'hooks'
  | 'policies'
  | 'rates'
  | 'announce'
  | 'neighbours'
  | 'sessions'
  | 'newId'
  | 'fingerprint'
>

export function createCore(parts: CoreParts, { restart, obey, heed }: Upward): Core {
  const core: Core = {
    ...parts,
    restart: (...loss) => restart(core, ...loss),
    obey: (user, item) => obey(core, user, item),
    heed: (session, item) => heed(core, session, item),
    appender: createAppender(parts.store),
    cursors: createCursors(parts.store, parts.clock, (cause) => {
      parts.announce.problem({ code: 'STORE_FAILED', message: 'Cursors could not be saved', cause })
    }),
    pages: createPages(),
    hostLanes: new Map(),
    users: new Map(),
    tails: new Map(),
    opening: new Map(),
    healing: new Set(),
    suspects: new Map(),
    reading: new Map(),
    gaps: 0,
    isSilent: false,
    check: { running: null, isDue: false },
    startedAt: parts.clock.now(),
    pace: createStatsPace(),
    ready: 0,
    activeChannels: 0,
    behind: 0,
    channelList: null,
    memberChanges: 0,
    cancelStats: null,
    cancelSweep: null,
    strains: new Map(),
    turns: new Map(),
    cancelLook: null,
    timers: new Set(),
    guard: createGuard(),
    words: new Map(),
    historyReads: new Set(),
    desks: new Map(),
    expiries: createExpiries(),
    aborts: new Set(),
    isClosing: false,
  }
  return core
}
