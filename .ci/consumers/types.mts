import { connectNotifications } from '@carillon/client'
import { attachNotifications } from '@carillon/server'
import { Server } from 'socket.io'

interface HostEvents {
  hello: (name: string) => void
}

const io = new Server<HostEvents, HostEvents>()
const notifications = attachNotifications(io, { locale: 'en' })
notifications.on('sent', ({ notificationId }) => notificationId.toUpperCase())
// @ts-expect-error no such event: had the types of the emitter been lost, every name would do
notifications.on('no-such-event', () => undefined)

const client = connectNotifications('http://127.0.0.1:1')
client.on('notification', ({ title, offset }) => `${title.trim()} ${offset.toFixed()}`)
// @ts-expect-error no such event
client.on('no-such-event', () => undefined)
// @ts-expect-error a channel is text
client.joinChannel(42)
