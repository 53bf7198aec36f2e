import { type Claims, ServerEvent } from '@carillon/protocol'
import { NEVER } from '../rules/proof.ts'
import { EVERYBODY_ROOM } from '../rules/streams.ts'
import { deliver, drop } from './catch-up.ts'
import { confirmedPayload, isSewn, type Part } from './confirmation.ts'
import { type Core, later, reportFault } from './core.ts'
import { setExpiry } from './expiry.ts'
import { admit, type Opening, sew } from './feeds.ts'
import { claimed, GUEST, identify } from './identify.ts'
import { NO_CHANNELS } from './join.ts'
import { openOwnStreams } from './own-streams.ts'
import { parkNewcomer } from './parking.ts'
import type { Peer } from './ports.ts'
import { mayConnect } from './rates.ts'
import { readOn } from './reading.ts'
import type { Session } from './session.ts'
import { watchReaders } from './slow-readers.ts'
import { onStateChange } from './stats.ts'
import { turnAway } from './turn-away.ts'
import { rememberUser } from './users.ts'
import { readEnding } from './words.ts'

const NO_FEEDS: Session['feeds'] = []
const RETRY_MS = 1_000

export function createSession(peer: Peer, claims: Claims): Session {
  return {
    peer,
    version: claims.version,
    clientId: claims.clientId,
    deviceId: claims.deviceId,
    state: 'starting',
    identity: GUEST,
    feeds: NO_FEEDS,
    parkedEpoch: null,
    parkedOffset: 0,
    joining: NO_CHANNELS,
    pending: 0,
    early: null,
    lanes: null,
    beatAt: NEVER,
    provedUntil: NEVER,
  }
}

/** PROTOCOL.md, "connection-confirmed": who is it, what was missed, then everything that waited. */
export async function connect(
  core: Core,
  session: Session,
  claims: Claims,
  isRecoverable: boolean,
): Promise<void> {
  watchReaders(core)
  if (core.rates !== null && !(await mayConnect(core, session))) return
  if (!isStarting(session)) return
  const arrival = { claims, askedAt: core.clock.time(), beganAt: core.clock.now(), heard: new Set<string>() }
  if (!(await introduce(core, session, claims))) return
  // A v2 client tells its positions; for any other the heartbeats have to.
  const isKnown = session.identity.userId !== null
  if (session.version === 1 && (isKnown || isRecoverable)) core.wire.watchHeartbeats(session.peer)
  await openAndConfirm(core, session, arrival)
}

/** Resolves to whether the connection is somebody's, and goes on. */
async function introduce(core: Core, session: Session, claims: Claims): Promise<boolean> {
  const { authenticate } = core.hooks
  const identified = authenticate === undefined ? claimed(claims) : await identify(core, session)
  // Whoever is being asked about when everything ends comes back by itself, and is asked about there.
  if (!isStarting(session) || core.isClosing) return false
  if (!identified.ok) {
    turnAway(core, session, identified.problems)
    return false
  }
  session.identity = identified.identity
  setExpiry(core, session, identified.expiresAt)
  return true
}

/** Somebody who is being let in. */
interface Arrival {
  readonly claims: Claims
  /** Before `authenticate` was asked: in milliseconds since 1970, and by the clock that never jumps. */
  readonly askedAt: number
  readonly beganAt: number
  /** Ids of the words of the host that it has been asked about. */
  readonly heard: Set<string>
}

async function openAndConfirm(core: Core, session: Session, arrival: Arrival): Promise<void> {
  let openings: readonly Opening[]
  let word: string | null
  try {
    openings = await openOwnStreams(core, session, arrival.claims.since)
    word = await lastWord(core, openings, arrival)
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'A connection could not read the store', cause)
    // Requests wait meanwhile; to close the connection would hit the host's other namespaces as well.
    later(core, RETRY_MS, () => {
      if (isStarting(session)) void openAndConfirm(core, session, arrival)
    })
    return
  }
  const parts = openings.map((opening) => ({ opening, next: sew(core, session, opening) }))
  const doubt = doubtOf(core, session, arrival, word)
  if (isStarting(session) && parts.every(isSewn) && doubt === null) {
    confirm(core, session, parts)
    return
  }
  for (const { tail } of openings) drop(core, tail)
  if (!isStarting(session)) return
  // The host said something of this user, perhaps after it let this one in: it has to say so again. [G8]
  if (doubt !== null) {
    arrival.heard.add(doubt)
    if (!(await introduce(core, session, arrival.claims))) return
  }
  // Or a log was lost while it was read: what is true now has to be read again.
  await openAndConfirm(core, session, arrival)
}

/** A word of the host that it may have said after it was asked, and was not asked about since. */
function doubtOf(
  core: Core,
  { identity }: Session,
  { beganAt, heard }: Arrival,
  word: string | null,
): string | null {
  if (core.hooks.authenticate === undefined || identity.userId === null) return null
  const here = core.words.get(identity.userId)
  const words = [word, here !== undefined && here.at >= beganAt ? here.id : null]
  return words.find((id) => id !== null && !heard.has(id)) ?? null
}

/** Where others write into the same log, this node may be behind it: then it catches up first. */
async function lastWord(
  core: Core,
  openings: readonly Opening[],
  { askedAt }: Arrival,
): Promise<string | null> {
  const own = openings.find(({ tail }) => tail.stream.kind === 'user')?.tail
  const isAlone = !core.store.shared
  if (own === undefined || (isAlone && (own.offset === 0 || core.hooks.authenticate === undefined)))
    return null
  try {
    const { head, word } = await readEnding(core, own, askedAt)
    if (head > own.offset) await readOn(core, own)
    return word
  } catch (cause) {
    for (const { tail } of openings) drop(core, tail)
    throw cause
  }
}

/** One synchronous step: what is announced is what follows. */
function confirm(core: Core, session: Session, parts: readonly Part[]): void {
  session.state = 'ready'
  core.ready += 1
  rememberUser(core, session)
  core.wire.emit(session.peer, ServerEvent.ConnectionConfirmed, confirmedPayload(core, session, parts))
  core.wire.enter(session.peer, EVERYBODY_ROOM)
  // The user's own first: they are few and meant for this person.
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at]
    if (part !== undefined) follow(core, session, part)
  }
  if (session.early !== null) {
    const { early } = session
    session.early = null
    for (const begin of early) begin()
  }
  onStateChange(core)
}

function follow(core: Core, session: Session, { opening, next }: Part): void {
  if (next.kind === 'live' && next.items.length === 0 && parkNewcomer(core, session, opening.tail)) return
  deliver(core, session, admit(core, session, opening), next)
}

function isStarting(session: Session): boolean {
  return session.state === 'starting'
}
