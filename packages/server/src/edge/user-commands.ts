import { ClientEvent, parseHandshake, parseRequest, sentencesOf, typeNameOf } from '@carillon/protocol'
import type { Control } from '@carillon/store'
import { command, forgetEverywhere } from '../flows/controls.ts'
import type { Core } from '../flows/core.ts'
import { NotificationsError } from './errors.ts'

/** What the host says of a user's connections. */

export async function revoke(core: Core, user: string, channel: string): Promise<void> {
  checkUser('revoke', user)
  checkChannel('revoke', channel)
  await say(core, 'revoke', user, { action: 'revoke', channel })
  try {
    await forgetEverywhere(core, user, channel)
  } catch (cause) {
    throw notDone(
      'revoke',
      'the user is out of the channel, but what was missed there could not be forgotten',
      cause,
    )
  }
}

export async function disconnectUser(core: Core, user: string): Promise<void> {
  checkUser('disconnectUser', user)
  await say(core, 'disconnectUser', user, { action: 'disconnect' })
}

async function say(core: Core, call: string, user: string, control: Control): Promise<void> {
  if (core.isClosing) throw new NotificationsError('CLOSED', `${call}: these notifications were closed`)
  const result = await command(core, user, control)
  if (result.ok) return
  throw notDone(call, sentencesOf(core.settings.catalogue, [result.problem]).join('; '), result.cause)
}

function notDone(call: string, what: string, cause: unknown): NotificationsError {
  return new NotificationsError('NOT_SENT', `${call}: ${what}`, { cause })
}

/** The same rules of names as for what clients say: another name would be of nobody. */
function checkUser(call: string, user: unknown): void {
  if (parseHandshake({ user_id: user }).userId !== null) return
  throw badName(call, 'user', user)
}

function checkChannel(call: string, channel: unknown): void {
  if (parseRequest(ClientEvent.JoinChannel, [channel]).ok) return
  throw badName(call, 'channel', channel)
}

function badName(call: string, what: string, got: unknown): NotificationsError {
  const shown = typeof got === 'string' ? JSON.stringify(got.slice(0, 100)) : typeNameOf(got)
  return new NotificationsError(
    'BAD_NAME',
    `${call}: "${what}" must be a name as in the protocol, got ${shown}`,
  )
}
