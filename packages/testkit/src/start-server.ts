import { createServer, type Server as HttpServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket as TcpSocket } from 'node:net'
import { Server, type ServerOptions } from 'socket.io'

export interface StartOptions {
  /** An Express app, or any listener for plain HTTP requests. */
  readonly app?: RequestListener
  /** Socket.IO's own options, for instance a short `pingInterval`. */
  readonly ioOptions?: Partial<ServerOptions>
  /** Called before the server listens: the place to attach notifications. */
  readonly onServer?: (io: Server) => unknown
  /** To come back at the same address after a `close()`. @default a free one */
  readonly port?: number
}

export interface TestServer {
  readonly io: Server
  readonly httpServer: HttpServer
  readonly url: string
  readonly port: number
  /** Closes everything, connections of clients that do not answer included. Twice is harmless. */
  close(): Promise<void>
}

/** How long clients get to end their connections in good order before they are cut. */
const GRACE_MS = 200

/** A real HTTP server with a real Socket.IO server on it, on 127.0.0.1. */
export async function startServer(options: StartOptions = {}): Promise<TestServer> {
  const httpServer = createServer(options.app)
  const connections = new Set<TcpSocket>()
  httpServer.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  const io = new Server(httpServer, options.ioOptions)
  await options.onServer?.(io)
  await new Promise<void>((resolve, reject) => {
    httpServer.once('error', reject)
    httpServer.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const port = (httpServer.address() as AddressInfo).port
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= closeAll(io, httpServer, connections)
    return closing
  }
  return { io, httpServer, url: `http://127.0.0.1:${port}`, port, close }
}

async function closeAll(io: Server, httpServer: HttpServer, connections: Set<TcpSocket>): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (httpServer.listening) httpServer.once('close', resolve)
    else resolve()
  })
  const cut = setTimeout(() => {
    for (const socket of connections) socket.destroy()
  }, GRACE_MS)
  // A test may have closed it already; Socket.IO then complains about the HTTP server.
  await Promise.all([io.close().catch(() => undefined), ended])
  clearTimeout(cut)
  for (const socket of connections) socket.destroy()
}
