import express from 'express'
import { people, personOf, signIn } from './people.js'
import { channelsOf, ordersOf } from './rights.js'
import { cookieOf, readCookie } from './sessions.js'

/** What is asked over HTTP: signing in and out, tokens, an order, and what the staff may do to others. */
export function routes({ origin, sessions, tokens, whoIs, rights, notifications }) {
  const app = express.Router()
  app.use(fromHere, express.json({ limit: '1kb' }))

  /** Cookies go along from other ports of the same machine, too: for `SameSite` they are the same site. */
  function fromHere({ method, headers }, response, next) {
    if (method === 'GET' || headers.origin === undefined || headers.origin === origin) next()
    else refuse(response, 403, 'Not from another page')
  }

  // --- Sessions, by a cookie ---

  const COOKIE = { httpOnly: true, sameSite: 'strict', secure: origin.startsWith('https:') }

  app.post('/login', async (request, response) => {
    const { user, password } = request.body ?? {}
    if (typeof user !== 'string' || typeof password !== 'string') {
      refuse(response, 400, 'A user and a password are needed')
      return
    }
    const person = await signIn(user, password)
    if (person === null) {
      refuse(response, 401, 'The name or the password is wrong')
      return
    }
    response.cookie(cookieOf(person.userId), sessions.begin(person.userId), COOKIE).json(person)
  })

  app.post('/logout', (request, response) => {
    const userId = String(request.body?.user)
    const session = sessionOf(request, userId)
    if (session !== null) sessions.end(session.id)
    response.clearCookie(cookieOf(userId), COOKIE).sendStatus(204)
  })

  app.get('/token', async (request, response) => {
    const session = sessionOf(request, String(request.query.user))
    response.set('Cache-Control', 'no-store')
    if (session === null) refuse(response, 401, 'Nobody is signed in')
    else response.json(await tokens.issue(personOf(session.userId), session.id))
  })

  /** The cookie's name says who it is for; what it is good for, the session does. */
  function sessionOf(request, userId) {
    const session = sessions.proved(readCookie(request, cookieOf(userId)))
    return session?.userId === userId ? session : null
  }

  // --- What tokens are good for here: the same ones as for the notifications ---

  /** Lets those through whom `fits` says yes to, as `request.user`. */
  function only(fits) {
    return async (request, response, next) => {
      const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
      const user = await whoIs(token)
      if (user === null || user === 'expired') refuse(response, 401, 'A token is needed that is still good')
      else if (!fits(user)) refuse(response, 403, 'This is for the staff')
      else {
        request.user = user
        next()
      }
    }
  }
  const signedIn = only(() => true)
  const staff = only(({ claims }) => claims.role === 'staff')

  let orders = 0
  app.post('/orders', signedIn, async (request, response) => {
    orders += 1
    const ref = `ORD-${orders}`
    const sent = await notifications.send({
      channel: ordersOf(request.user.userId),
      sender: 'Shop',
      type: 'success',
      title: 'Order received',
      message: `${ref} for ${request.user.username} is on its way`,
      data: { ref },
    })
    response.status(201).json(sent)
  })

  app.get('/people', staff, (_request, response) => {
    const withRights = (person) => ({
      ...person,
      channels: channelsOf(person).map((name) => ({ name, isBarred: rights.isBarred(person.userId, name) })),
    })
    response.json(people.map(withRights))
  })

  /** Changes the rights first: whoever is joining at this moment is asked about again. */
  app.delete('/people/:user/channels/:channel', staff, inChannel, async ({ params }, response) => {
    rights.bar(params.user, params.channel)
    await notifications.revoke(params.user, params.channel)
    response.sendStatus(204)
  })

  app.put('/people/:user/channels/:channel', staff, inChannel, ({ params }, response) => {
    rights.letIn(params.user, params.channel)
    response.sendStatus(204)
  })

  /** Ends the sessions first: with a token of theirs one could come back at once. */
  app.delete('/people/:user/sessions', staff, known, async ({ params }, response) => {
    sessions.endAllOf(params.user)
    await notifications.disconnectUser(params.user)
    response.sendStatus(204)
  })

  app.use(failed)
  return app
}

/** What went wrong in here is told in here alone. */
function failed(error, _request, response, next) {
  const isTheirs = error.status >= 400 && error.status < 500
  if (!isTheirs) console.error(error)
  if (response.headersSent) next(error)
  else refuse(response, isTheirs ? error.status : 500, isTheirs ? 'That is no good request' : 'That failed')
}

function known({ params }, response, next) {
  if (personOf(params.user) === undefined) refuse(response, 404, 'There is no such person')
  else next()
}

function inChannel({ params }, response, next) {
  const person = personOf(params.user)
  if (person !== undefined && channelsOf(person).includes(params.channel)) next()
  else refuse(response, 404, 'There is no such person in such a channel')
}

function refuse(response, status, error) {
  response.status(status).json({ error })
}
