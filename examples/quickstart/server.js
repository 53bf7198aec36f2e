import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { attachNotifications } from '@carillon/server'
import express from 'express'
import { Server } from 'socket.io'

const app = express()
const server = createServer(app)
const io = new Server(server)

// The one line: from here on, every client of `io` can join channels, send, and catch up on what it missed.
// (`access: 'open'`: in a demo anybody may be anybody. A real host gives `authenticate`.)
const notifications = attachNotifications(io, { access: 'open', locale: 'en' })

// Any part of the server can send, too: here an order comes in over HTTP.
app.post('/orders/:ref', async (request, response) => {
  const { ref } = request.params
  const sent = await notifications.send({
    channel: 'orders',
    sender: 'Shop',
    type: 'success',
    title: 'Order received',
    message: `${ref} is on its way`,
    data: { ref },
  })
  response.status(201).json(sent)
})

// The page, and Carillon's client for its script tag.
const client = fileURLToPath(import.meta.resolve('@carillon/client/global'))
app.use(express.static(fileURLToPath(new URL('public', import.meta.url))))
app.get('/carillon-client.js', (_request, response) => response.sendFile(client, { dotfiles: 'allow' }))

const port = Number(process.env.PORT ?? 8001)
server.on('error', (error) => {
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is taken: choose another one, for instance PORT=${port + 10} npm start`)
  process.exit(1)
})
server.listen(port, () => {
  console.log(`Carillon runs on http://localhost:${server.address().port}`)
  console.log('Open it in two windows: what you send in one arrives in the other.')
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await notifications.close()
    await io.close()
  })
}
