// One socket, two protocols: the chat's own events (who comes, who goes) and Carillon (what is said).
const { io } = window
const { connectNotifications } = window.Carillon
const byId = (id) => document.getElementById(id)

let socket
let client

async function enter(nickname) {
  byId('messages').replaceChildren()
  byId('error').textContent = ''
  // The same nickname is the same person, so Carillon knows what this person has not read yet.
  socket = io({ auth: { user_id: nickname.toLowerCase(), username: nickname } })
  socket.on('connect', () => socket.emit('join', nickname))
  socket.on('disconnect', (reason) => reason !== 'io client disconnect' && addLine('Connexion perdue…'))
  socket.on('user-joined', (event) => showPresence(event, 'a rejoint le chat'))
  socket.on('user-left', (event) => showPresence(event, 'a quitté le chat'))

  client = connectNotifications(socket)
  const room = await client.joinChannel('chat')
  showMissed(room)
  room.on('joined', showMissed)
  room.on('notification', (notification) => addMessage(notification, nickname))
}

function leave() {
  client.close()
  socket.disconnect()
}

// --- The page ---

function showPresence({ username, userCount }, what) {
  addLine(`${username} ${what}`)
  byId('user-count').textContent = userCount
}

/** What was missed follows by itself; this only says how much it is. */
function showMissed({ pendingCount }) {
  const messages = pendingCount === 1 ? 'un message' : `${pendingCount} messages`
  if (pendingCount > 0) addLine(`Pendant votre absence\u00a0: ${messages}`)
}

function showError(error) {
  byId('error').textContent = (error.errors ?? [error.message]).join(' ')
}

function addMessage({ sender, message, timestamp, replayed }, nickname) {
  const time = element(
    'time',
    '',
    new Date(timestamp).toLocaleTimeString('fr', { hour: '2-digit', minute: '2-digit' }),
  )
  time.dateTime = timestamp
  const bubble = element('p', 'bubble')
  bubble.append(element('span', 'text', message), time)
  const row = element('div', sender === nickname ? 'message mine' : 'message')
  row.classList.toggle('missed', replayed === true)
  row.append(element('span', 'sender', sender), bubble)
  append(row)
}

function addLine(text) {
  append(element('p', 'line', text))
}

function append(row) {
  byId('messages').append(row)
  byId('messages').scrollTop = byId('messages').scrollHeight
}

function element(tag, className, text = '') {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

function show(room) {
  byId('door').hidden = room
  for (const part of ['room', 'leave', 'presence']) byId(part).hidden = !room
  byId(room ? 'message' : 'nickname').focus()
}

byId('door').addEventListener('submit', (event) => {
  event.preventDefault()
  show(true)
  enter(byId('nickname').value.trim()).catch(showError)
})

byId('leave').addEventListener('click', () => {
  leave()
  show(false)
})

byId('message-form').addEventListener('submit', async (event) => {
  event.preventDefault()
  byId('error').textContent = ''
  try {
    await client.sendNotification({
      channel: 'chat',
      title: 'Nouveau message',
      message: byId('message').value,
    })
    event.target.reset()
  } catch (error) {
    showError(error)
  }
})

show(false)
