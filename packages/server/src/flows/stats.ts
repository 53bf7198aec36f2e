import { type Request, ServerEvent, type ServerStats } from '@carillon/protocol'
import { statsPayload } from '../rules/payloads.ts'
import { onStatsSent, waitBeforeStats } from '../rules/stats-pace.ts'
import { visibleChannels } from './channel-list.ts'
import type { Core } from './core.ts'
import type { Reply } from './reply.ts'
import { authorize, isRefusal } from './rights.ts'
import type { Session } from './session.ts'
import { inTurn } from './turns.ts'

export function statsOf(core: Core): ServerStats {
  const counts = { connectedClients: core.ready, activeChannels: core.activeChannels }
  return statsPayload(counts, core.clock.now() - core.startedAt, core.clock.time())
}

export async function tellStats(
  core: Core,
  session: Session,
  _: Request<'get-stats'>,
  reply: Reply<'get-stats'>,
): Promise<void> {
  const denied = await authorize(core, session, { action: 'stats', channel: null, to: null })
  if (isRefusal(denied)) reply.refuse(denied)
  else reply.ok(statsOf(core))
}

export async function tellChannels(
  core: Core,
  session: Session,
  _: Request<'get-channels'>,
  reply: Reply<'get-channels'>,
): Promise<void> {
  const denied = await authorize(core, session, { action: 'list', channel: null, to: null })
  if (isRefusal(denied)) {
    reply.refuse(denied)
    return
  }
  await inTurn(core, session, async () => {
    const channels = await visibleChannels(core, session)
    if (channels === undefined) reply.refuse([{ code: 'hook-failed', hook: 'visible' }])
    else reply.ok({ channels })
  })
}

/** Somebody came, went, joined or left: everybody hears of it, at once or with the next statistics. */
export function onStateChange(core: Core): void {
  if (core.settings.stats === null) return
  core.pace.isDue = true
  if (core.cancelStats !== null || core.isClosing) return
  const wait = waitBeforeStats(core.pace, core.settings.stats, core.ready, core.clock.now())
  if (wait === 0) sendStats(core)
  else tellLater(core, wait, () => goOn(core))
}

function sendStats(core: Core): void {
  onStatsSent(core.pace, core.clock.now())
  tellSome(core, core.sessions()[Symbol.iterator]())
}

/** So many are told at once. Nobody waits for statistics, but everybody would wait while a thousand are told. */
const TOLD_AT_ONCE = 64

/** The statistics of this moment to some, and later those of that moment to the rest. */
function tellSome(core: Core, rest: Iterator<Session>): void {
  const stats = statsOf(core)
  // A listener of the host may make a change on the way.
  core.cancelStats = () => undefined
  for (let told = 0; told < TOLD_AT_ONCE; told++) {
    const { done, value } = rest.next()
    if (done === true) {
      core.cancelStats = null
      goOn(core)
      return
    }
    if (value.state === 'ready') core.wire.emitShared(value.peer, ServerEvent.ServerStats, stats)
  }
  tellLater(core, 0, () => tellSome(core, rest))
}

function tellLater(core: Core, wait: number, tell: () => void): void {
  core.cancelStats = core.clock.after(wait, () => {
    core.cancelStats = null
    tell()
  })
}

/** What changed while some were told is for all of them. */
function goOn(core: Core): void {
  if (core.pace.isDue) onStateChange(core)
}
