import type { Server, Socket } from 'socket.io'
import { expectTypeOf, test } from 'vitest'
import { type AuthorizationRequest, attachNotifications, type Identity } from '../src/index.ts'

declare const io: Server

interface Claims {
  roles: string[]
}

const know = (user: Identity<Claims>): boolean => user.claims?.roles.includes('admin') === true

test('[G8] the claims of every hook are those that authenticate gives', () => {
  attachNotifications(io, {
    authenticate: async (socket) => {
      if (socket.id === '1') return 'expired'
      if (socket.id === '2') return { userId: 'guest' }
      return { userId: 'u', claims: { roles: ['a'] } }
    },
    authorize: ({ user }) => {
      expectTypeOf(user.claims).toEqualTypeOf<Claims | null>()
      return know(user)
    },
    policies: {
      a: {
        join: ({ user }) => {
          expectTypeOf(user.claims).toEqualTypeOf<Claims | null>()
          return know(user)
        },
      },
    },
    visible: (user, names) => {
      expectTypeOf(user.claims).toEqualTypeOf<Claims | null>()
      return names
    },
    validate: ({ user }) => {
      expectTypeOf(user.claims).toEqualTypeOf<Claims | null>()
      return undefined
    },
  })
})

test('[G8] before authenticate they are known if the type of its socket is written', () => {
  attachNotifications(io, {
    policies: { a: { join: ({ user }) => know(user) } },
    authorize: ({ user }) => {
      expectTypeOf(user.claims).toEqualTypeOf<Claims | null>()
      return true
    },
    authenticate: (socket: Socket) => ({ userId: socket.id, claims: { roles: ['a'] } }),
  })
  attachNotifications(io, {
    // Otherwise nothing is known of them yet, and nothing is made up.
    authorize: ({ user }) => {
      expectTypeOf(user.claims).toEqualTypeOf<unknown>()
      return true
    },
    authenticate: (socket) => ({ userId: socket.id, claims: { roles: ['a'] } }),
  })
})

test('[G8] a hook cannot ask for claims that nobody gives', () => {
  attachNotifications(io, {
    // @ts-expect-error there is no authenticate
    authorize: ({ user }: AuthorizationRequest<Claims>) => know(user),
  })
  attachNotifications(io, {
    // @ts-expect-error there is no authenticate
    policies: { a: { join: ({ user }: { user: Identity<Claims> }) => know(user) } },
  })
  attachNotifications(io, {
    // @ts-expect-error there is no authenticate
    visible: (user: Identity<Claims>, names) => (know(user) ? names : []),
  })
  attachNotifications(io, {
    authenticate: () => ({ userId: 'u', claims: { tenant: 'a' } }),
    // @ts-expect-error authenticate gives others
    authorize: ({ user }: AuthorizationRequest<Claims>) => know(user),
  })
})
