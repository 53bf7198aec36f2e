// Draws. Whatever people or servers said goes through textContent, so none of it can become markup.

const byId = (id) => document.getElementById(id)
const MAX_CARDS = 200
const SYMBOLS = { info: 'i', success: '✓', warning: '!', error: '×' }

const STATUS_WORDS = {
  connecting: 'Connecting',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  suspended: 'No connection',
  closed: 'Away',
}

export function showPerson({ name, userId }) {
  byId('my-name').textContent = name
  byId('my-user-id').textContent = userId
  byId('avatar').textContent = name.slice(0, 1)
  document.title = `${name} · Carillon quickstart`
}

export function showStatus(status) {
  const away = status === 'closed'
  byId('status').textContent = STATUS_WORDS[status]
  byId('status').dataset.status = status
  byId('retry').hidden = status !== 'suspended'
  byId('away').setAttribute('aria-checked', away)
  byId('notifications').classList.toggle('old', away)
  for (const button of document.querySelectorAll('.send .primary, .channels button')) button.disabled = away
}

export function showStats({ connectedClients, activeChannels, uptime }) {
  showCount('clients', connectedClients, 'client')
  showCount('active-channels', activeChannels, 'channel')
  showUptime(uptime)
}

function showCount(id, count, word) {
  byId(id).textContent = count
  byId(id).previousElementSibling.textContent = count === 1 ? word : `${word}s`
}

export function showUptime(seconds) {
  const two = (number) => String(Math.floor(number)).padStart(2, '0')
  byId('uptime').textContent = `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** Draws the channels, each `{ name, clientCount, joined }`, here and in the list of receivers. */
export function showChannels(channels) {
  const focused = document.activeElement?.dataset.channel
  byId('channels').replaceChildren(...channels.map(channelRow))
  if (focused)
    byId('channels')
      .querySelector(`[data-channel="${CSS.escape(focused)}"]`)
      ?.focus()

  const receiver = byId('to').value
  const options = channels.map(({ name }) => new Option(`# ${name}`, name, false, name === receiver))
  byId('to').replaceChildren(new Option('Everybody (broadcast)', ''), ...options)
}

function channelRow({ name, clientCount, joined }) {
  const people = element('span', 'count', clientCount)
  people.title = clientCount === 1 ? '1 client' : `${clientCount} clients`
  const button = element('button', 'small', joined ? 'Leave' : 'Join')
  button.type = 'button'
  button.dataset.channel = name
  button.setAttribute('aria-label', `${button.textContent} ${name}`)
  const row = element('li', joined ? 'joined' : '')
  row.append(element('span', 'name', name), people, button)
  return row
}

/** Adds a card in its place in time: what was missed in one channel may be older than what came in another. */
export function addNotification(notification) {
  const cards = [...byId('notifications').children]
  const older = cards.find((card) => card.querySelector('time').dateTime <= notification.timestamp)
  byId('notifications').insertBefore(notificationCard(notification), older ?? null)
  while (byId('notifications').childElementCount > MAX_CARDS) byId('notifications').lastElementChild.remove()
  byId('feed').classList.remove('empty')
  countUnread()
}

function notificationCard({ id, type, title, message, data, sender, channel, timestamp, replayed }) {
  const symbol = element('span', 'symbol', SYMBOLS[type])
  symbol.setAttribute('aria-hidden', 'true')
  const at = new Date(timestamp)
  const time = element('time', 'quiet', at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }))
  time.dateTime = timestamp
  time.title = at.toLocaleString()
  const heading = element('div', 'heading')
  heading.append(element('h3', '', title), ...(replayed ? [element('span', 'missed', 'missed')] : []), time)

  const facts = element('p', 'facts quiet')
  const where = channel === null ? 'broadcast' : `# ${channel}`
  facts.append(
    element('span', 'type', type),
    element('span', '', where),
    element('span', '', `from ${sender}`),
  )

  const body = element('div', 'body')
  body.append(heading, element('p', 'message', message))
  if (data !== null) body.append(element('pre', '', JSON.stringify(data, null, 2)))
  body.append(facts)

  const card = element('article', 'notification')
  card.dataset.type = type
  card.dataset.id = id
  card.append(symbol, body)
  return card
}

export function clearNotifications() {
  byId('notifications').replaceChildren()
  byId('feed').classList.add('empty')
}

/** The strip above the notifications; without a headline it goes away. */
export function showBanner(headline = '', detail = '') {
  byId('banner').hidden = headline === ''
  byId('banner').replaceChildren(element('strong', '', headline), element('span', '', detail))
}

/** What became of a request of one of the two forms, `send` or `channel`. */
export function showReceipt(form, receipt, errors = [], isWaiting = false) {
  if (form === 'send') {
    byId('receipt').textContent = receipt
    byId('receipt').classList.toggle('waiting', isWaiting)
  }
  byId(`${form}-errors`).replaceChildren(...errors.map((sentence) => element('li', '', sentence)))
}

export function clearErrors() {
  for (const form of ['send', 'channel']) byId(`${form}-errors`).replaceChildren()
}

// On a phone the page shows one part at a time.
const tabs = document.querySelectorAll('.views button')
for (const tab of tabs) {
  tab.addEventListener('click', () => {
    document.body.dataset.view = tab.dataset.view
    for (const other of tabs) other.removeAttribute('aria-current')
    tab.setAttribute('aria-current', 'true')
    delete tab.dataset.unread
    scrollTo(0, 0)
  })
}

function countUnread() {
  if (document.body.dataset.view === 'feed') return
  tabs[0].dataset.unread = Number(tabs[0].dataset.unread ?? 0) + 1
}

function element(tag, className, text = '') {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}
