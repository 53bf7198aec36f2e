import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { attachNotifications } from '@carillon/server'
import express from 'express'
import { Server } from 'socket.io'

const app = express()
const server = createServer(app)
const io = new Server(server)

// What must reach everybody, even those who come back tomorrow: the messages of the channel "chat".
// Carillon keeps, orders and delivers them; there is no code for that here.
const notifications = attachNotifications(io, { access: 'open' })

// What only matters now: who comes and goes. The chat's own Socket.IO events, on the same sockets.
const users = new Map()

io.on('connection', (socket) => {
  socket.on('join', (username) => {
    if (typeof username !== 'string' || users.has(socket.id)) return
    users.set(socket.id, username.slice(0, 64))
    io.emit('user-joined', { username: users.get(socket.id), userCount: users.size })
  })

  socket.on('disconnect', () => {
    const username = users.get(socket.id)
    if (users.delete(socket.id)) io.emit('user-left', { username, userCount: users.size })
  })
})

const client = fileURLToPath(import.meta.resolve('@carillon/client/global'))
app.use(express.static(fileURLToPath(new URL('public', import.meta.url))))
app.get('/carillon-client.js', (_request, response) => response.sendFile(client, { dotfiles: 'allow' }))

const port = Number(process.env.PORT ?? 8002)
server.on('error', (error) => {
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Le port ${port} est déjà pris : choisissez-en un autre avec la variable PORT.`)
  process.exit(1)
})
server.listen(port, () => {
  console.log(`Le chat est ouvert sur http://localhost:${server.address().port}`)
  console.log('Ouvrez-le dans deux fenêtres, sous deux pseudos.')
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await notifications.close()
    await io.close()
  })
}
