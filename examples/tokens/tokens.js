import { errors, jwtVerify, SignJWT } from 'jose'

const ISSUER = 'carillon-example-tokens'
const AUDIENCE = 'notifications'
const ALGORITHM = 'HS256'
/** Kinds of tokens are told apart, so that one for something else is none for us. */
const TYPE = 'at+jwt'

const CHECKS = {
  // What the token itself says of its algorithm, "none" included, is not to be trusted.
  algorithms: [ALGORITHM],
  issuer: ISSUER,
  audience: AUDIENCE,
  typ: TYPE,
  // Without an end it would be good for ever.
  requiredClaims: ['sub', 'name', 'role', 'sid', 'exp'],
}

/** Access tokens: signed, short-lived, readable by whoever has one. */
export function createTokens(secret, lifetimeSeconds) {
  return {
    /** @param sessionId the session that it comes from, and ends with */
    async issue({ userId, username, role }, sessionId) {
      const now = Math.floor(Date.now() / 1000)
      const endsAt = now + lifetimeSeconds
      const token = await new SignJWT({ name: username, role, sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setSubject(userId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(now)
        .setExpirationTime(endsAt)
        .sign(secret)
      return { token, expiresInMs: endsAt * 1000 - Date.now() }
    },

    /** Answers as `authenticate` does: a user, `'expired'` for what only has to be renewed, or `null`. */
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, secret, CHECKS)
        const { sub, name, role, sid, exp } = payload
        return { userId: sub, username: name, claims: { role, sessionId: sid }, expiresAt: exp * 1000 }
      } catch (error) {
        if (error instanceof errors.JWTExpired) return 'expired'
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
  }
}
