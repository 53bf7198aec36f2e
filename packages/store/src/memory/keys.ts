import type { StreamKey, Subscriber } from '../port.ts'

/*
 * Several names in one Map key. Lengths go first, so that no choice of names makes two of them meet:
 * ('a:b', 'c') and ('a', 'b:c') are different, whatever separator an attacker puts into a name.
 */

const KINDS = { channel: 'c', broadcast: 'b', user: 'u' } as const satisfies Record<StreamKey['kind'], string>

export function streamId({ scope, kind, name }: StreamKey): string {
  return `${KINDS[kind]}${scope.length}:${scope}${name}`
}

/** The idempotency key as one sender used it. The stream is not in it: each stream has its own Map. */
export function senderKey(sender: string, key: string): string {
  return `${sender.length}:${sender}${key}`
}

/**
 * A user without a device, which is the common case, is kept under the very string that came: no copy per
 * cursor. What starts with NUL is ours; a user's name that does so itself is put behind a NUL and a colon.
 */
export function subscriberId({ user, device }: Subscriber): string {
  if (device !== null) return devicePrefix(user) + device
  return user.startsWith('\u0000') ? `\u0000:${user}` : user
}

/** What the ids of all devices of a user start with, and no other id does. */
export function devicePrefix(user: string): string {
  return `\u0000${user.length}:${user}`
}
