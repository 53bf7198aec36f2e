import { attachNotifications, createMemoryStore } from '@carillon/server'
import { CHANNEL, HONEST } from '../work.ts'
import { serveSubject } from './serve.ts'

/*
 * A server as SECURITY.md would have it on the internet, with short turns and else the limits that are on by default: users who are known,
 * channels that are not for everybody, addresses that count. Here they are all of this machine, so the host says so.
 */

const STORE_BYTES = 16 * 1024 * 1024

serveSubject((io) => {
  const notifications = attachNotifications(io, {
    store: createMemoryStore({ maxBytes: STORE_BYTES }),
    log: false,
    authenticate: (_, auth) => userOf(auth.token),
    policies: { [CHANNEL]: { join: isHonest, send: isHonest, history: isHonest } },
    authorize: ({ action }) => action !== 'broadcast',
    rates: { longestTurnMs: 2 },
    address: ({ handshake }) => handshake.address,
  })
  return { io, send: (notification) => notifications.send(notification) }
})

/** A token is as good as its user's name here: what a signature costs is not what is measured. */
function userOf(token: unknown): { userId: string } | null {
  return typeof token === 'string' ? { userId: token } : null
}

function isHonest({ user }: { readonly user: { readonly userId: string | null } }): boolean {
  return user.userId?.startsWith(HONEST) ?? false
}
