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

/** A schema as any library may have it. */
declare const order: {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => { readonly value: { ref: string } }
    readonly types?: { readonly input: { ref: string }; readonly output: { ref: string } }
  }
}
const kinds = { 'order.created': order }
const shop = attachNotifications(io.of('/shop'), { kinds })
shop.send({ title: 't', message: 'm', kind: 'order.created', data: { ref: 'a' } })
// @ts-expect-error a reference is text
shop.send({ title: 't', message: 'm', kind: 'order.created', data: { ref: 7 } })
const page = connectNotifications<typeof kinds>('http://127.0.0.1:1/shop')
page.on('notification', (notification) => {
  if (notification.kind === 'order.created') notification.data.ref.trim()
  // @ts-expect-error without a kind the data are free
  if (notification.kind === undefined) notification.data.ref.trim()
})

const client = connectNotifications('http://127.0.0.1:1')
client.on('notification', ({ title, offset }) => `${title.trim()} ${offset.toFixed()}`)
// @ts-expect-error no such event
client.on('no-such-event', () => undefined)
// @ts-expect-error a channel is text
client.joinChannel(42)
