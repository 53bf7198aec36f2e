import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { allowOrigins, attachNotifications } from '@carillon/server'
import express from 'express'
import { Server } from 'socket.io'
import { createRights } from './rights.js'
import { routes } from './routes.js'
import { createSessions } from './sessions.js'
import { createTokens } from './tokens.js'

const SECRET_BYTES = 32

const port = Number(process.env.PORT ?? 8004)
const secret = Buffer.from(process.env.TOKEN_SECRET ?? randomBytes(SECRET_BYTES))
if (secret.length < SECRET_BYTES)
  fail(`TOKEN_SECRET is too short: take ${SECRET_BYTES} random bytes or more.`)

const tokens = createTokens(secret, Number(process.env.TOKEN_SECONDS ?? 60))
const sessions = createSessions()
const rights = createRights()

const app = express()
const server = createServer(app)
server.on('error', (error) => {
  if (error.code !== 'EADDRINUSE') throw error
  fail(`Port ${port} is taken: choose another one, for instance PORT=${port + 10} npm run tokens`)
})
// Which pages may connect is said by their address, and so is whether cookies need TLS.
await new Promise((resolve) => server.listen(port, resolve))
const address = `http://localhost:${server.address().port}`
const origin = process.env.ORIGIN ?? address

const io = new Server(server, {
  allowRequest: allowOrigins([origin]),
  connectTimeout: 10_000,
  maxHttpBufferSize: 200_000,
})

const notifications = attachNotifications(io, {
  // Asked for every connection and every renewal.
  authenticate: (_socket, auth) => whoIs(auth.token),
  policies: rights.policies,
  authorize: rights.authorize,
  locale: 'en',
})

/** A signature says who somebody is; whether they are still signed in, the session does. */
async function whoIs(token) {
  const user = await tokens.verify(token)
  if (user === 'expired' || user === null) return user
  return sessions.isOpen(user.claims.sessionId) ? user : null
}

// Whatever a notification may say, a page of ours runs no script but its own.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

app.disable('x-powered-by')
app.use((_request, response, next) => {
  response.set({ 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'X-Content-Type-Options': 'nosniff' })
  next()
})

const client = fileURLToPath(import.meta.resolve('@carillon/client/global'))
app.use(express.static(fileURLToPath(new URL('public', import.meta.url))))
app.get('/carillon-client.js', (_request, response) => response.sendFile(client, { dotfiles: 'allow' }))
app.use(routes({ origin, sessions, tokens, whoIs, rights, notifications }))

console.log(`Carillon with tokens runs on ${address}${origin === address ? '' : `, for pages of ${origin}`}`)
console.log('Sign in as Alice in one window and as Bruno in another: the passwords are on the page.')

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await notifications.close()
    await io.close()
  })
}

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}
