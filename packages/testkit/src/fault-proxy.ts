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
  /** Each connection is reset after so many bytes have come down, in mid-frame if need be; `null`: never. */
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
  /** Connections that were reset because so many bytes had come down. */
  torn(): number
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
  isTorn: boolean
}

/** One direction of a connection, and what waits to go on in it. */
interface Line {
  readonly queue: (() => void)[]
  dueAt: number
}

/** @param target asked for each connection: the server behind may move */
export async function createFaultProxy(target: () => { port: number; host?: string }): Promise<FaultProxy> {
  let rules = HEALTHY
  const pairs = new Set<Pair>()
  const timers = new Set<NodeJS.Timeout>()
  let droppedBytes = 0
  let torn = 0
  const listener = createServer((client) => admit(client))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

  function admit(client: Socket): void {
    client.on('error', () => undefined)
    if (rules.isRefusing) {
      client.resetAndDestroy()
      return
    }
    const { port, host = '127.0.0.1' } = target()
    const pair: Pair = { client, server: dial({ port, host }), downBytes: 0, isTorn: false }
    pairs.add(pair)
    carry(pair, client, pair.server, 'up')
    carry(pair, pair.server, client, 'down')
  }

  function carry(pair: Pair, from: Socket, to: Socket, direction: 'up' | 'down'): void {
    const line: Line = { queue: [], dueAt: 0 }
    from.on('data', (bytes) => {
      if (rules[direction] === 'drop') {
        droppedBytes += bytes.length
        return
      }
      const passing = direction === 'down' ? takeDown(pair, bytes) : bytes
      if (passing.length > 0) later(line, () => to.write(passing))
      if (passing.length < bytes.length) later(line, () => tear(pair))
    })
    from.on('end', () => {
      if (rules[direction] === 'pass') later(line, () => to.end())
    })
    from.on('error', () => {
      if (rules[direction] !== 'drop') to.resetAndDestroy()
    })
    from.on('close', () => {
      // The other end lives on as long as nobody tells it.
      if (to.closed) pairs.delete(pair)
      else if (rules[direction] !== 'drop') later(line, () => to.destroySoon())
    })
    if (rules[direction] === 'stall') from.pause()
  }

  /** What may still come down before the cut. */
  function takeDown(pair: Pair, bytes: Buffer): Buffer {
    const left = Math.max(0, (rules.cutAfterDownBytes ?? Number.POSITIVE_INFINITY) - pair.downBytes)
    pair.downBytes += bytes.length
    return bytes.subarray(0, left)
  }

  /** Nothing is overtaken, whichever timer fires first and however the delay changes. */
  function later(line: Line, run: () => void): void {
    const now = performance.now()
    line.dueAt = Math.max(line.dueAt, now + rules.delayMs)
    if (line.dueAt <= now && line.queue.length === 0) {
      run()
      return
    }
    line.queue.push(run)
    const timer = setTimeout(() => {
      timers.delete(timer)
      line.queue.shift()?.()
    }, line.dueAt - now)
    timers.add(timer)
  }

  function tear(pair: Pair): void {
    if (pair.isTorn) return
    pair.isTorn = true
    torn += 1
    cut(pair, 'rst')
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
    torn: () => torn,
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
