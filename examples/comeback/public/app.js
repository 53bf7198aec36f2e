// Everything that this page does with Carillon is in this file. ledger.js judges, page.js draws.
import { deathsOf, newLedger, onArrival, onServed } from './ledger.js'
import * as page from './page.js'

const { connectNotifications } = window.Carillon
const byId = (id) => document.getElementById(id)

const CHANNEL = 'ticks'
const KEY = 'carillon-comeback'
const TICK_MS = 1000
/** The client keeps up to a thousand sends that wait; nobody wants to look at so many. */
const WAITING_AT_MOST = 300
const ROWS_KEPT = 60

/** What outlives this page: kept where the client keeps its own, for this tab alone. */
const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
const state = kept ?? {
  user: name(),
  ledger: newLedger(),
  waiting: [],
  rows: [],
  reloads: -1,
  isTicking: true,
}
/** A page is a sender of its own: a duplicated tab would count on from the same number. */
const sender = name()
let ticks = 0

// --- Receiving ---

const client = connectNotifications(location.origin, {
  auth: { user_id: state.user, username: `Window ${state.user}` },
  // Sends that are not confirmed when the page goes are sent by the next one.
  outbox: 'storage',
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 250,
  reconnectionDelayMax: 1000,
})

client.on('status', onStatus)
client.on('confirmed', () => void askWhoServes())
client.on('notification', onNotification)
client.on('reset', onReset)
client.on('problem', ({ message }) => note(message, 'problem'))

// Joined now, after every reconnection, and after every reload: the client says where it stopped. A window that was
// never here before sees the last ones.
client
  .joinChannel(CHANNEL, { rewind: 100, timeoutMs: Number.POSITIVE_INFINITY })
  .catch(({ message }) => note(message, 'problem'))

/** What is there now cannot be held against what was: somebody threw the file away, or put an older one back. */
function onReset({ channel, reason }) {
  if (channel !== CHANNEL) return
  state.ledger = { ...newLedger(), lives: state.ledger.lives }
  note(`The log is not the one it was (${reason}): counting begins anew`, 'problem')
}

function onNotification({ channel, epoch, offset, timestamp, replayed, data }) {
  if (channel !== CHANNEL) return
  const tick = { sender: String(data?.sender), number: Number(data?.number) }
  const isOwn = tick.sender === sender || state.waiting.includes(keyOf(tick))
  state.waiting = state.waiting.filter((key) => key !== keyOf(tick))
  state.ledger = onArrival(state.ledger, { epoch, offset, tick, replayed, isOwn })
  row({
    kind: 'arrival',
    offset,
    replayed: replayed === true,
    isOwn,
    text: `Tick ${tick.number}`,
    at: timestamp,
  })
  keep()
}

// --- The server comes and goes ---

function onStatus(status) {
  if (status === 'reconnecting') note('The server is gone', 'death')
  keep()
}

/** Another process than before means that the one before is dead. */
async function askWhoServes() {
  try {
    const { pid } = await (await fetch('/process')).json()
    const before = deathsOf(state.ledger)
    state.ledger = onServed(state.ledger, pid)
    if (deathsOf(state.ledger) > before) note(`Process ${pid} took over`, 'life')
    keep()
  } catch {
    // Killed again meanwhile: the next confirmation asks again.
  }
}

// Nobody is left to answer.
byId('kill').addEventListener('click', () => void fetch('/kill', { method: 'POST' }).catch(() => undefined))

// --- Sending ---

setInterval(tick, TICK_MS)

function tick() {
  if (!state.isTicking || state.waiting.length >= WAITING_AT_MOST) return
  ticks += 1
  const number = ticks
  const idempotencyKey = keyOf({ sender, number })
  state.waiting = [...state.waiting, idempotencyKey]
  keep()
  client
    .sendNotification(
      {
        channel: CHANNEL,
        title: `Tick ${number}`,
        message: `Sent by window ${state.user}`,
        data: { sender, number },
        // However often it goes out, it is this one notification.
        idempotencyKey,
      },
      { timeoutMs: Number.POSITIVE_INFINITY },
    )
    .catch(({ message }) => note(`Tick ${number} was not sent: ${message}`, 'problem'))
}

byId('ticker').addEventListener('click', () => {
  state.isTicking = !state.isTicking
  keep()
})

// --- The rest of the page ---

byId('reload').addEventListener('click', () => location.reload())

function note(text, kind = 'note') {
  row({ kind, text, at: new Date().toISOString() })
  keep()
}

function row(entry) {
  state.rows = [entry, ...state.rows].slice(0, ROWS_KEPT)
}

/** Written in the task in which it happened, as the client does with its position: a reload finds both or neither. */
function keep() {
  sessionStorage.setItem(KEY, JSON.stringify(state))
  page.draw({ ...state, status: client.status })
}

function keyOf({ sender, number }) {
  return `${sender}-${number}`
}

function name() {
  return Math.random().toString(36).slice(2, 8)
}

state.reloads += 1
if (kept !== null) note('This page was loaded again')
keep()
