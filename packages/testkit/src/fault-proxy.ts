import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net'

/** What becomes of bytes in one direction. */
export type Way =
  /** They pass. */
  | 'pass'
  /** They are swallowed, as in a network that has lost its route: neither end is told. */
  | 'drop'
  /** They wait, and so does whoever sends them, until the way is free again. */
  | 'stall'

/** How a connection ends: as a crash would end it, or as a clean close. */
export type Cut = 'rst' | 'fin'

export interface ProxyRules {
  /** From the client to the server. */
  readonly up: Way
  /** From the server to the client. */
  readonly down: Way
  /** New connections are closed at once. */
  readonly isRefusing: boolean
  /** Milliseconds that every piece takes longer, in each direction, in order. */
  readonly delayMs: number
  /** Each connection is reset when so many bytes have come down; `null` for never. */
  readonly cutAfterDownBytes: number | null
}

/** A TCP proxy between two ends that shall be disturbed. */
export interface FaultProxy {
  readonly port: number
  /** Changes some rules, for connections that are open and those to come. */
  set(rules: Partial<ProxyRules>): void
  /** Back to a network that works. */
  heal(): void
  /** Ends all connections. Returns how many there were. */
  cutAll(cut: Cut): number
  /** Ends the direction to the clients alone: they see the end, the server does not. */
  halfCloseAll(): void
  /** Bytes that were dropped so far. */
  dropped(): number
  /** Connections that are open. */
  connections(): number
  close(): Promise<void>
}

const HEALTHY: ProxyRules = {
  up: 'pass',
  down: 'pass',
  isRefusing: false,
  delayMs: 0,
  cutAfterDownBytes: null,
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  downBytes: number
}

/** @param target asked for each connection: the server behind may move */
export async function createFaultProxy(target: () => { port: number; host?: string }): Promise<FaultProxy> {
  let rules = HEALTHY
  const pairs = new Set<Pair>()
  const timers = new Set<NodeJS.Timeout>()
  let droppedBytes = 0
  const listener = createServer((client) => admit(client))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

  function admit(client: Socket): void {
    client.on('error', () => undefined)
    if (rules.isRefusing) {
      client.resetAndDestroy()
      return
    }
    const { port, host = '127.0.0.1' } = target()
    const pair: Pair = { client, server: dial({ port, host }), downBytes: 0 }
    pair.server.on('error', () => client.resetAndDestroy())
    pairs.add(pair)
    carry(pair, client, pair.server, 'up')
    carry(pair, pair.server, client, 'down')
    for (const socket of [client, pair.server]) socket.on('close', () => void pairs.delete(pair))
  }

  function carry(pair: Pair, from: Socket, to: Socket, direction: 'up' | 'down'): void {
    from.on('data', (bytes) => {
      if (direction === 'down' && isOverCut(pair, bytes.length)) {
        cut(pair, 'rst')
        return
      }
      if (rules[direction] === 'drop') {
        droppedBytes += bytes.length
        return
      }
      later(() => to.write(bytes))
    })
    from.on('end', () => {
      if (rules[direction] === 'pass') later(() => to.end())
    })
    if (rules[direction] === 'stall') from.pause()
  }

  function isOverCut(pair: Pair, bytes: number): boolean {
    pair.downBytes += bytes
    return rules.cutAfterDownBytes !== null && pair.downBytes > rules.cutAfterDownBytes
  }

  /** Timers of one length fire in the order in which they were set: nothing is overtaken. */
  function later(run: () => void): void {
    if (rules.delayMs === 0 && timers.size === 0) {
      run()
      return
    }
    const timer = setTimeout(() => {
      timers.delete(timer)
      run()
    }, rules.delayMs)
    timers.add(timer)
  }

  function cut({ client, server }: Pair, how: Cut): void {
    for (const socket of [client, server]) {
      if (how === 'rst') socket.resetAndDestroy()
      else socket.end(() => socket.destroy())
    }
  }

  function set(changes: Partial<ProxyRules>): void {
    rules = { ...rules, ...changes }
    for (const { client, server } of pairs) {
      steer(client, rules.up)
      steer(server, rules.down)
    }
  }

  return {
    port: portOf(listener),
    set,
    heal: () => set(HEALTHY),
    cutAll(how) {
      const count = pairs.size
      for (const pair of [...pairs]) cut(pair, how)
      return count
    },
    halfCloseAll() {
      for (const { client } of pairs) client.end()
    },
    dropped: () => droppedBytes,
    connections: () => pairs.size,
    async close() {
      for (const timer of timers) clearTimeout(timer)
      for (const { client, server } of pairs) {
        client.destroy()
        server.destroy()
      }
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

function steer(socket: Socket, way: Way): void {
  if (way === 'stall') socket.pause()
  else socket.resume()
}

function portOf(listener: Server): number {
  return (listener.address() as AddressInfo).port
}
