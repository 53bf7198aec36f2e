// Everything that this page does with Carillon is in this file. page.js draws, people.js makes up names.
import { EXAMPLES } from './examples.js'
import * as page from './page.js'
import { newPerson, remember, somebodyElse, whoAmI } from './people.js'

const { connectNotifications } = window.Carillon
const byId = (id) => document.getElementById(id)

let me = whoAmI()
let client
let missed = new Map()
let stats = { uptime: 0, at: 0 }
let listed = ''

// --- The connection ---

/** Connects as `me` and joins the channels that this person was in. */
async function connect() {
  remember(me)
  page.showPerson(me)
  client = connectNotifications(location.origin, { auth: { user_id: me.userId, username: me.name } })
  client.on('status', onStatus)
  client.on('stats', onStats)
  client.on('notification', onNotification)
  client.on('problem', (problem) => page.showReceipt('send', '', problem.errors))
  page.showStatus(client.status)
  await Promise.all(me.channels.map(join))
}

function onStatus(status) {
  page.showStatus(status)
  // What the forms said of the connection is no longer so.
  if (status === 'connected') page.clearErrors()
  // Away against our will: what comes after the reconnection is counted anew.
  if (status === 'reconnecting') missed = new Map()
}

function onNotification(notification) {
  page.addNotification(notification)
  if (!notification.replayed) return
  const where = notification.channel === null ? 'broadcast' : `in ${notification.channel}`
  missed.set(where, (missed.get(where) ?? 0) + 1)
  showMissed()
}

function onStats(next) {
  stats = { uptime: next.uptime, at: performance.now() }
  page.showStats(next)
  void listChannels()
}

// --- Being away ---

byId('away').addEventListener('click', () => void (client.status === 'closed' ? comeBack() : goAway()))

function goAway() {
  client.close()
  page.showBanner('You are away', 'What others send now waits for you on the server.')
}

/** The same user id is the same person: the server knows where each of us stopped reading. */
async function comeBack() {
  missed = new Map()
  await connect()
  if (client.status === 'connected') showMissed()
}

function showMissed() {
  const total = [...missed.values()].reduce((sum, count) => sum + count, 0)
  const detail = [...missed].map(([where, count]) => `${count} ${where}`).join(', ')
  page.showBanner(
    total === 0 ? 'Nothing was sent while you were away' : `${total} arrived while you were away`,
    detail,
  )
}

// --- Channels ---

function join(channel) {
  return attempt('channel', async () => {
    await client.joinChannel(channel)
    changeChannels([...me.channels.filter((name) => name !== channel), channel])
  })
}

function leave(channel) {
  return attempt('channel', async () => {
    await client.leaveChannel(channel)
    changeChannels(me.channels.filter((name) => name !== channel))
  })
}

function changeChannels(channels) {
  me = { ...me, channels }
  remember(me)
  void listChannels()
}

/** Asks for the active channels and draws them if anything changed. A connection that breaks meanwhile is no news. */
async function listChannels() {
  const active = client.status === 'connected' ? await client.channels().catch(() => null) : null
  if (active === null) return
  const channels = active.map((channel) => ({ ...channel, joined: me.channels.includes(channel.name) }))
  if (listed === JSON.stringify(channels)) return
  listed = JSON.stringify(channels)
  page.showChannels(channels)
}

byId('channels').addEventListener('click', (event) => {
  const { channel } = event.target.dataset
  if (channel !== undefined) void (me.channels.includes(channel) ? leave(channel) : join(channel))
})

byId('join-form').addEventListener('submit', async (event) => {
  event.preventDefault()
  if (await join(byId('channel').value)) event.target.reset()
})

// --- Sending ---

byId('send-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const form = new FormData(event.target)
  void attempt('send', async () => {
    const sent = await client.sendNotification({
      channel: form.get('to') || null,
      type: form.get('type'),
      title: form.get('title'),
      message: form.get('message'),
      data: parseData(form.get('data')),
    })
    return `Sent, ${sent.notificationId}`
  })
})

function parseData(text) {
  try {
    return text.trim() === '' ? null : JSON.parse(text)
  } catch (error) {
    throw new Error(`The data is not JSON: ${error.message}`)
  }
}

/** Runs a request and shows beside its form what came of it: a refusal in the server's own words. */
async function attempt(form, request) {
  const asked = client
  const isReady = asked.status === 'connected'
  page.showReceipt(form, isReady ? '' : 'Waiting for the connection', [], !isReady)
  try {
    page.showReceipt(form, (await request()) ?? '')
    return true
  } catch (error) {
    const gone = asked !== client || asked.status === 'closed'
    page.showReceipt(form, '', gone ? [] : (error.errors ?? [error.message]))
    return false
  }
}

// --- The rest of the page ---

let nextExample = 0
byId('example').addEventListener('click', () => {
  const { type, title, message, data } = EXAMPLES[nextExample++ % EXAMPLES.length]
  const { elements } = byId('send-form')
  elements.type.value = type
  elements.title.value = title
  elements.message.value = message
  elements.data.value = JSON.stringify(data, null, 2)
  byId('data-details').open = true
})

byId('clear').addEventListener('click', page.clearNotifications)
byId('retry').addEventListener('click', () => client.connect())

for (const button of document.querySelectorAll('[data-opens-window]')) {
  button.addEventListener('click', () => {
    const { name, userId } = somebodyElse(me.name)
    const address = `/?${new URLSearchParams({ user: userId, name })}`
    window.open(address, '_blank', 'popup,noopener,width=900,height=800')
  })
}

byId('change-person').addEventListener('click', () => {
  const form = byId('person-form')
  form.hidden = !form.hidden
  byId('change-person').setAttribute('aria-expanded', !form.hidden)
  form.elements.name.value = me.name
  form.elements.user.value = me.userId
})

byId('person-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const { name, user } = event.target.elements
  client.close()
  me = newPerson(name.value, user.value)
  byId('change-person').click()
  page.clearNotifications()
  page.showBanner()
  void connect()
})

setInterval(() => {
  if (client.status === 'connected') page.showUptime(stats.uptime + (performance.now() - stats.at) / 1000)
}, 1000)
setInterval(listChannels, 3000)

void connect()
