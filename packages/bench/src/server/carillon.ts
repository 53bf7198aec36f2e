import { attachNotifications } from '@carillon/server'
import { SENDER } from '../work.ts'
import { serveSubject } from './serve.ts'

/** Carillon as it is by default, on its memory store. */
serveSubject((io) => {
  const notifications = attachNotifications(io)
  return { io, send: (notification) => notifications.send({ ...notification, sender: SENDER }) }
})
