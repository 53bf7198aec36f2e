import { BROADCAST_STREAM, type ConnectionConfirmed, PROTOCOL_VERSION, USER_STREAM } from '@carillon/protocol'
import { isoTime } from '../rules/payloads.ts'
import type { Start } from '../rules/position.ts'
import type { Stitch } from '../rules/seam.ts'
import type { Core } from './core.ts'
import { expiryFact } from './expiry.ts'
import { type Opening, pendingOf } from './feeds.ts'
import type { Session } from './session.ts'

/** A stream of its own that a connection begins on, and what follows there. */
export interface Part {
  readonly opening: Opening
  readonly next: Stitch
}

export function isSewn(part: { readonly opening: Opening; readonly next: Stitch | undefined }): part is Part {
  return part.next !== undefined
}

/** What a connection is told first. */
export function confirmedPayload(core: Core, session: Session, parts: readonly Part[]): ConnectionConfirmed {
  const streams: ConnectionConfirmed['streams'] = {}
  for (const { opening } of parts) {
    const { tail, start } = opening
    const name = tail.stream.kind === 'user' ? USER_STREAM : BROADCAST_STREAM
    streams[name] = { epoch: tail.epoch, offset: tail.offset, ...verdictOf(start) }
  }
  return {
    socketId: session.peer.id,
    serverTime: isoTime(core.clock.time()),
    version: PROTOCOL_VERSION,
    userId: session.identity.userId,
    pendingCount: parts.reduce((sum, { opening, next }) => sum + pendingOf(opening, next), 0),
    hasMore: parts.some(({ next }) => next.kind === 'page'),
    ...expiryFact(core, session),
    streams,
    limits: core.settings.announcedLimits,
  }
}

function verdictOf({ recovered, reason }: Start): Pick<Start, 'recovered' | 'reason'> {
  if (recovered === undefined) return {}
  return reason === undefined ? { recovered } : { recovered, reason }
}
