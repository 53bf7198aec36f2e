import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attachNotifications } from '@carillon/server'
import { sqliteStore } from '@carillon/store-sqlite'
import express from 'express'
import { Server } from 'socket.io'

const local = (path) => fileURLToPath(new URL(path, import.meta.url))

const app = express()
const server = createServer(app)
const io = new Server(server)

// The one difference to a server that forgets: the store. What was confirmed is on the disk before the sender hears
// of it, so it does not matter when, or how, this process ends.
const file = process.env.DATA_FILE ?? local('data/notifications.db')
mkdirSync(dirname(file), { recursive: true })
const store = sqliteStore(file)
const notifications = attachNotifications(io, { store, access: 'open', locale: 'en' })

// For the button on the page. The request is never answered: nobody is left to do so. Only a demo has such a route.
app.post('/kill', () => process.kill(process.pid, 'SIGKILL'))
app.get('/process', (_request, response) => response.json({ pid: process.pid }))

const client = fileURLToPath(import.meta.resolve('@carillon/client/global'))
app.use(express.static(local('public')))
app.get('/carillon-client.js', (_request, response) => response.sendFile(client, { dotfiles: 'allow' }))

const port = Number(process.env.PORT ?? 8003)
server.on('error', (error) => {
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is taken: choose another one, for instance PORT=${port + 10} npm run comeback`)
  process.exit(1)
})
server.listen(port, () => {
  const address = server.address()
  console.log(`Process ${process.pid} serves http://localhost:${address.port}`)
  console.log(
    `Everything is in ${relative('', file)}. Kill it: by the button on the page, or kill -9 ${process.pid}`,
  )
  // The supervisor starts the next one at the same address.
  process.send?.(address.port)
})

let isLeaving = false
async function leave() {
  if (isLeaving) return
  isLeaving = true
  await notifications.close({ disconnect: true })
  await io.close()
  await store.close()
  if (process.connected) process.disconnect()
}
// "disconnect": the supervisor is gone, and nobody would start us again.
for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(event, leave)
