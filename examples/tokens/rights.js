import { people } from './people.js'

/**
 * Who may do what. The policies say what always holds, `authorize` what holds now: what is taken back is in here before
 * anybody is told of it.
 */
export function createRights() {
  /** Who was taken out of which channels. */
  const barred = new Map()

  const isBarred = (userId, channel) => barred.get(userId)?.has(channel) === true
  const isStaff = ({ user }) => user.claims.role === 'staff'
  const isOwner = ({ user, channel }) => channel === ordersOf(user.userId)

  return {
    // The first pattern that fits a channel holds.
    policies: {
      'orders:*': {
        join: (request) => isOwner(request) || isStaff(request),
        send: 'server',
        history: 'members',
      },
      staff: { join: isStaff, send: 'members', history: 'members' },
      '*': { join: 'users', send: 'members', history: 'members' },
    },

    authorize({ action, user, channel }) {
      if (action === 'join' || action === 'history')
        return channel === null || !isBarred(user.userId, channel)
      // To channels alone: neither to everybody, nor to one user.
      if (action === 'send') return channel !== null && !isBarred(user.userId, channel)
      return action !== 'broadcast'
    },

    isBarred,
    bar(userId, channel) {
      barred.set(userId, new Set([...(barred.get(userId) ?? []), channel]))
    },
    letIn(userId, channel) {
      barred.get(userId)?.delete(channel)
    },
  }
}

export function ordersOf(userId) {
  return `orders:${userId}`
}

/** The channels of this example that somebody may be in, unless they were taken out. */
export function channelsOf({ userId, role }) {
  if (role !== 'staff') return ['news', ordersOf(userId)]
  const customers = people.filter((person) => person.role !== 'staff')
  return ['news', 'staff', ...customers.map((customer) => ordersOf(customer.userId))]
}
