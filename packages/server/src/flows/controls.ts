import type { Problems } from '@carillon/protocol'
import type { Control, NewEntry } from '@carillon/store'
import { channelKey, userKey } from '../rules/streams.ts'
import type { Core } from './core.ts'
import { recallJoins, takeOut } from './memberships.ts'
import { appendEntry, HOST_KEYS, type SendResult } from './send.ts'
import { turnAway } from './turn-away.ts'
import { sessionsOf } from './users.ts'

/*
 * What the host says of a user's connections is an entry of the user's own stream: every node hears it in its turn,
 * also one that was not listening when it was said. [G2] [G8]
 */

const DISCONNECTED: Problems = [{ code: 'disconnected' }]

/** Appends what every node shall do. */
export function command(core: Core, user: string, control: Control): Promise<SendResult> {
  const id = core.newId(core.clock.time())
  const entry: NewEntry = {
    stream: userKey(core.scope, user),
    id,
    content: { type: 'info', title: '', message: '', data: null, sender: '', control },
    bytes: 0,
    ttlMs: null,
    sender: HOST_KEYS,
    key: id,
    hash: '',
  }
  return new Promise((resolve) => appendEntry(core, entry, resolve))
}

/** The devices of the user that are away forget the channel as well. */
export function forgetEverywhere(core: Core, user: string, channel: string): Promise<void> {
  return core.store.forget(core.scope, user, channelKey(core.scope, channel))
}

/** Does with the user's connections here what an entry says. Whoever connects later was asked who they are since. */
export function obey(core: Core, user: string, control: Control): void {
  for (const session of sessionsOf(core, user)) {
    if (control.action === 'disconnect') turnAway(core, session, DISCONNECTED)
    else {
      recallJoins(session, control.channel)
      takeOut(core, session, control.channel)
    }
  }
}
