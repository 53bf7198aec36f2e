import { PROTOCOL_VERSION } from '@carillon/protocol'
import type { Socket } from 'socket.io-client'
import type { Since } from '../rules/positions.ts'

type AuthObject = Record<string, unknown>

/** What a server reads of `auth` unless it has an `authenticate` of its own, and whatever else that reads. */
export interface AuthFields {
  /** Who the user is; without it the client is a guest. */
  readonly user_id?: string | null | undefined
  /** What others see as the sender. */
  readonly username?: string | null | undefined
  /** Which of the user's devices this is. */
  readonly device_id?: string | null | undefined
  readonly [field: string]: unknown
}

/**
 * What the handshake says of the user: an object, or a function that is asked at every (re)connect. It may
 * call back, as Socket.IO's own, or return the object or a promise of it.
 */
export type Auth = AuthFields | ((done: (auth: object) => void) => void) | (() => object | Promise<object>)

type SocketAuth = Socket['auth']

/** Adds what Carillon says in the handshake to what the caller says. */
export interface Handshake {
  /** For a socket of our own. */
  authOf(given: Auth | undefined): SocketAuth
  /** For a socket that was handed in. Again at every attempt, for its owner may have set another `auth`. */
  lend(socket: Socket): void
  restore(socket: Socket): void
  /** Reads what a handshake would say now of the user, or asks for it. */
  ask(done: (auth: unknown) => void, failed: (cause: unknown) => void): void
  /** Whether there is a function to ask: only that can say something new by itself. */
  isAskable(): boolean
  /** What this connection was told, or `null` when its handshake went out without us. */
  told(): Since | null
  /** The connection is over: answers of an `auth` function that are still to come are for nobody. */
  onClosed(): void
}

/** @param standing who we are and where we stand, now that a handshake names this user */
export function createHandshake(
  standing: (user: string | null) => { readonly clientId: string; readonly since: Since },
  onFailed: (cause: unknown) => void,
): Handshake {
  let told: Since | null = null
  let attempt = 0
  let current = (): Auth | undefined => undefined
  const lent = new Map<Socket, { readonly own: SocketAuth | undefined; readonly ours: SocketAuth }>()

  function introduce(auth: unknown): AuthObject {
    const { clientId, since } = standing(claimedUser(auth))
    told = since
    return { version: PROTOCOL_VERSION, clientId, since }
  }

  function asking(given: Auth | undefined): SocketAuth {
    return (send) => {
      attempt += 1
      const mine = attempt
      const done = (auth: unknown): void => {
        if (mine !== attempt) return
        attempt += 1
        send({ ...objectOf(auth), notifications: introduce(auth) })
      }
      const failed = (cause: unknown): void => {
        if (mine === attempt) onFailed(cause)
      }
      readAuth(given, done, failed)
    }
  }

  return {
    authOf(given) {
      current = () => given
      return asking(given)
    },
    lend(socket) {
      const own: SocketAuth | undefined = socket.auth
      // Of an object ours is the one that counts: its owner may have changed a field.
      current = () => {
        const loan = lent.get(socket)
        return loan?.ours === socket.auth && isAsking(loan.own) ? loan.own : socket.auth
      }
      if (lent.get(socket)?.ours === own && own !== undefined) return
      const ours = isAsking(own) ? asking(own) : withIntroduction(own, introduce)
      lent.set(socket, { own, ours })
      socket.auth = ours
    },
    restore(socket) {
      const loan = lent.get(socket)
      lent.delete(socket)
      if (loan === undefined || socket.auth !== loan.ours) return
      // Not to be read once more: it would introduce us.
      Reflect.deleteProperty(loan.ours, 'notifications')
      const now = objectOf(loan.ours)
      // The owner may have changed a field meanwhile (`socket.auth.token = …`): that must survive us.
      const isChanged = typeof loan.ours !== 'function' && !isSame(now, objectOf(loan.own))
      const before = isChanged ? now : loan.own
      if (before === undefined) Reflect.deleteProperty(socket, 'auth')
      else socket.auth = before
    },
    ask: (done, failed) => readAuth(current(), done, failed),
    isAskable: () => typeof current() === 'function',
    told: () => told,
    onClosed() {
      told = null
      attempt += 1
    },
  }
}

/** Whom the handshake names; `null` for a guest, and where the server finds out in another way. */
export function claimedUser(auth: unknown): string | null {
  const user: unknown = Reflect.get(Object(auth), 'user_id')
  return typeof user === 'string' ? user : null
}

/** Read when the handshake is written, so that it holds the positions of that moment. */
function withIntroduction(own: SocketAuth | undefined, introduce: (auth: unknown) => AuthObject): SocketAuth {
  const ours = objectOf(own)
  return Object.defineProperty(ours, 'notifications', {
    // What is its own now: the owner may have changed a field.
    get: () => introduce(ours),
    enumerable: true,
    configurable: true,
  })
}

function isAsking(auth: SocketAuth | undefined): auth is (done: (auth: object) => void) => void {
  return typeof auth === 'function'
}

function readAuth(
  given: Auth | undefined,
  done: (auth: unknown) => void,
  failed: (cause: unknown) => void,
): void {
  if (typeof given !== 'function') {
    done(given)
    return
  }
  try {
    const result: unknown = given(done)
    // A function without a parameter cannot call back; one with a parameter may return a timer's id.
    if (given.length === 0 || result instanceof Promise) {
      Promise.resolve(result).then((auth) => {
        if (given.length === 0 || auth !== undefined) done(auth)
      }, failed)
    }
  } catch (cause) {
    // Later, for a socket may ask while it is being made.
    queueMicrotask(() => failed(cause))
  }
}

function objectOf(value: unknown): AuthObject {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function isSame(a: AuthObject, b: AuthObject): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
