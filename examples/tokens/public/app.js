// Everything that this page does with Carillon is in this file. page.js draws, token.js reads tokens.
import * as page from './page.js'
import { claimsOf, forged } from './token.js'

const { connectNotifications } = window.Carillon
const byId = (id) => document.getElementById(id)

/** Who this window is, over reloads; that they have signed in, the cookie proves. */
const KEY = 'carillon-tokens-person'
const TICK_MS = 250

let me = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
let client
let channels = new Map()
let token
/** The token in force: when it came, how long it lasts, how many came before it on this connection. */
let proof = { at: 0, lifeMs: 0, renewals: 0, connectedAt: 0 }
let isSignedOut = false

// --- Who I am ---

/** Asked at every connect, and again and again while the connection stands: always before the token ends. */
async function auth() {
  const asker = me
  const response = await fetch(`/token?${new URLSearchParams({ user: asker.userId })}`)
  if (me !== asker) throw new Error('Signed out meanwhile')
  isSignedOut = response.status === 401
  if (!response.ok) throw new Error(`The server gave no token: ${response.status}`)
  const answer = await response.json()
  token = answer.token
  const renewals = client.status === 'connected' ? proof.renewals + 1 : 0
  proof = { ...proof, renewals, at: performance.now(), lifeMs: answer.expiresInMs }
  page.showClaims(claimsOf(token))
  return { token }
}

byId('door').addEventListener('submit', (event) => {
  event.preventDefault()
  const { user, password } = event.target.elements
  void attempt('door-result', async () => {
    const response = await post('/login', { user: user.value, password: password.value })
    const answer = await response.json()
    if (!response.ok) throw new Error(answer.error)
    event.target.reset()
    enter(answer)
  })
})

byId('sign-out').addEventListener('click', async () => {
  const { userId } = me
  leave('')
  // Where the server is not there, the session ends by itself some hours later.
  await post('/logout', { user: userId }).catch(() => undefined)
})

function post(path, body) {
  const headers = { 'Content-Type': 'application/json' }
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

// --- The connection ---

function enter(person) {
  me = person
  sessionStorage.setItem(KEY, JSON.stringify(me))
  page.showRoom(me)
  client = connectNotifications(location.origin, { auth })
  client.on('status', page.showStatus)
  client.on('confirmed', onConfirmed)
  client.on('notification', page.addNotification)
  client.on('problem', onProblem)
  page.showStatus(client.status)
  channels = new Map(channelsOfMine().map((name) => [name, { state: 'joining', words: '' }]))
  for (const name of channels.keys()) void join(client, name)
}

function leave(words) {
  client.close()
  me = null
  sessionStorage.removeItem(KEY)
  page.showDoor(words)
}

/** One connection is one identity: what was renewed before was renewed on another. */
function onConfirmed() {
  proof = { ...proof, renewals: 0, connectedAt: performance.now() }
  if (me.role === 'staff') void attempt('people-result', showPeople)
}

function onProblem({ code, errors, message, retryable }) {
  const isByServer = code === 'unauthenticated' || (code === 'disconnected' && !retryable)
  if (client.status !== 'suspended' || !(isByServer || isSignedOut))
    page.addEvent(errors[0] ?? message, 'error')
  else leave(isByServer ? errors[0] : 'Your session is over')
}

byId('retry').addEventListener('click', () => client.connect())

byId('renew').addEventListener('click', () =>
  attempt('token-result', async () => {
    const { authExpiresInMs } = await client.refreshAuth()
    return `Renewed: good for ${Math.round(authExpiresInMs / 1000)} s`
  }),
)

byId('forge').addEventListener('click', async () => {
  const refused = await attempt('token-result', () =>
    client.refreshAuth({ token: forged(token, { sub: 'admin', role: 'staff' }) }),
  )
  if (refused !== null) page.addEvent(`“I am an admin”: ${refused}. The connection goes on.`, 'warning')
})

// --- Channels ---

/** The last one of a customer is there to be refused. */
function channelsOfMine() {
  return me.role === 'staff' ? ['news', 'staff', 'orders:bruno'] : ['news', `orders:${me.userId}`, 'staff']
}

async function join(asked, name) {
  setChannel(name, 'joining')
  try {
    const subscription = await asked.joinChannel(name)
    setChannel(name, 'joined')
    subscription.on('left', (reason, error) => {
      if (reason !== 'closed') onLeft(name, reason, error)
    })
  } catch (error) {
    if (error.code !== 'closed') setChannel(name, 'refused', wordsOf(error))
  }
}

/** Only now, not later: the host took us out, or a renewal or a reconnection found that we may no longer be in it. */
function onLeft(name, reason, error) {
  const words = reason === 'revoked' ? 'You were taken out' : wordsOf(error)
  setChannel(name, 'left', words)
  page.addEvent(`${words}: # ${name}`, 'error')
}

function setChannel(name, state, words = '') {
  channels.set(name, { state, words })
  page.showChannels(channels)
}

byId('channels').addEventListener('click', ({ target }) => {
  if (target.dataset.channel !== undefined) void join(client, target.dataset.channel)
})

// --- Sending ---

byId('send').addEventListener('submit', async (event) => {
  event.preventDefault()
  const form = event.target
  const { channel, message } = form.elements
  const refused = await attempt('send-result', async () => {
    const said = { channel: channel.value, title: 'Message', message: message.value }
    await client.sendNotification(said)
  })
  if (refused === null) message.value = ''
})

byId('order').addEventListener('click', () =>
  attempt('send-result', async () => {
    const { channel } = await ask('POST', '/orders')
    return `Announced in ${channel}`
  }),
)

/** The token that is good for the notifications is good for the rest of the application, too. */
async function ask(method, path) {
  const response = await fetch(path, { method, headers: { Authorization: `Bearer ${token}` } })
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json') === true
  const answer = isJson ? await response.json() : null
  if (!response.ok) throw new Error(answer?.error ?? `The server answered ${response.status}`)
  return answer
}

// --- What the staff may do ---

async function showPeople() {
  const people = await ask('GET', '/people')
  page.showPeople(people.filter(({ userId }) => userId !== me.userId))
}

byId('people').addEventListener('click', ({ target }) => {
  const { user, channel, does, done } = target.dataset
  if (does === undefined) return
  const path = channel === undefined ? 'sessions' : `channels/${encodeURIComponent(channel)}`
  void attempt('people-result', async () => {
    await ask(does, `/people/${user}/${path}`)
    await showPeople()
    return done
  })
})

// --- The rest ---

/** Runs a request and says beside it what came of it, if that is anything to be said. Resolves to the words of a refusal, or to `null`. */
async function attempt(place, request) {
  page.showResult(place, '')
  try {
    page.showResult(place, (await request()) ?? '')
    return null
  } catch (error) {
    const words = wordsOf(error)
    page.showResult(place, words, true)
    return words
  }
}

function wordsOf(error) {
  return error?.errors?.[0] ?? error?.message ?? ''
}

setInterval(() => {
  if (client?.status !== 'connected') return
  const { at, lifeMs, renewals, connectedAt } = proof
  const now = performance.now()
  page.showProof({ leftMs: Math.max(0, at + lifeMs - now), lifeMs, renewals, standsMs: now - connectedAt })
}, TICK_MS)

if (me === null) page.showDoor()
else enter(me)
