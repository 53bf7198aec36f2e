import { attachNotifications, type NotificationsHandle, type NotificationsOptions } from '@carillon/server'
import { startServer, type TestServer } from '@carillon/testkit'
import type { ServerOptions } from 'socket.io'
import { onTestFinished } from 'vitest'

export interface RealServer extends TestServer {
  readonly notifications: NotificationsHandle
  /** Cuts every connection the way a network does. */
  cut(): void
}

/** A server with Carillon attached, closed with the test. */
export async function realServer(
  options: Partial<NotificationsOptions> = {},
  ioOptions: Partial<ServerOptions> = {},
  port = 0,
): Promise<RealServer> {
  const handles: NotificationsHandle[] = []
  const server = await startServer({
    ioOptions,
    port,
    onServer: (io) => handles.push(attachNotifications(io, { log: false, ...options })),
  })
  const [notifications] = handles
  if (notifications === undefined) throw new Error('nothing was attached')
  onTestFinished(async () => {
    await notifications.close()
    await server.close()
  })
  const cut = (): void => {
    for (const { conn } of server.io.sockets.sockets.values()) conn.close()
  }
  return { ...server, notifications, cut }
}
