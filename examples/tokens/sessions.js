import { randomBytes, timingSafeEqual } from 'node:crypto'

const LIFETIME_MS = 8 * 3_600_000

/**
 * Who has signed in, and where. What a browser holds is `<id>.<secret>`, in a cookie that no script can read; tokens name
 * the id alone. In memory here; a server of your own keeps them where the others of its kind find them.
 */
export function createSessions() {
  const sessions = new Map()

  function openOnes() {
    for (const [id, { endsAt }] of sessions) if (endsAt <= Date.now()) sessions.delete(id)
    return sessions
  }

  return {
    begin(userId) {
      const id = randomBytes(16).toString('base64url')
      const secret = randomBytes(32)
      openOnes().set(id, { userId, secret, endsAt: Date.now() + LIFETIME_MS })
      return `${id}.${secret.toString('base64url')}`
    },

    /** The session that a cookie proves, or `null`. */
    proved(cookie = '') {
      const [id, text = ''] = cookie.split('.')
      const session = openOnes().get(id)
      const secret = Buffer.from(text, 'base64url')
      const isProved = secret.length === session?.secret.length && timingSafeEqual(secret, session.secret)
      return isProved ? { id, userId: session.userId } : null
    },

    isOpen: (id) => openOnes().has(id),
    end: (id) => sessions.delete(id),
    endAllOf(userId) {
      for (const [id, session] of sessions) if (session.userId === userId) sessions.delete(id)
    },
  }
}

/** Two windows of one browser share its cookies. Each person has their own here, so that you can be two at once. */
export function cookieOf(userId) {
  return `session-${userId}`
}

export function readCookie(request, name) {
  const pairs = (request.headers.cookie ?? '').split('; ').map((pair) => pair.split('='))
  return pairs.find(([key]) => key === name)?.[1]
}
