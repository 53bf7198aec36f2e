import { connect, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import { ClientEvent } from '@carillon/protocol'
import { CHANNEL, nthNotification } from '../work.ts'
import { textOf } from './connection.ts'

/** Sockets that send as fast as they like, and come back once a second when they are cut off. */
export interface AttackPlan {
  readonly url: string
  readonly sockets: number
  readonly framesPerSecond: number
  /** Whether each comes from an address of its own; else all from one. */
  readonly isSpread: boolean
  /** Sets the addresses of one attack apart from those of another. */
  readonly nth: number
}

export interface AttackFigures {
  readonly frames: number
  /** Connections beyond the first of each socket. */
  readonly returns: number
}

export interface Attack {
  stop(): AttackFigures
}

const RETURN_MS = 1_000
/** Each socket has its turn once in this, so many sockets at a time. */
const SLICES = 10

/**
 * Raw TCP and frames that were made before, so that the attack is limited by the server. It takes what the machine has
 * left over: otherwise what the honest ones wait for would be their own process, which it keeps from running.
 */
export function attack(plan: AttackPlan): Attack {
  setPriority(LEAST)
  const { port, hostname } = new URL(plan.url)
  const attackers = Array.from({ length: plan.sockets }, (_, n) => createAttacker(plan, n))
  const figures = { frames: 0, returns: -plan.sockets }
  let isOver = false

  function enter(attacker: Attacker): void {
    if (isOver) return
    figures.returns += 1
    const socket = connect({
      port: Number(port),
      host: hostname,
      localAddress: attacker.address,
      noDelay: true,
    })
    attacker.socket = socket
    attacker.isIn = false
    socket.write(HANDSHAKE)
    socket.once('data', () => {
      socket.write(attacker.hello)
      attacker.isIn = true
      // Of what is said to them they only read that it is over.
      socket.on('data', (chunk) => void (isGoodbye(chunk) && socket.destroy()))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => setTimeout(() => enter(attacker), RETURN_MS))
  }

  // They do not all begin in the same moment, as nobody can.
  const entering = attackers.map((attacker, n) =>
    setTimeout(() => enter(attacker), (RETURN_MS * n) / plan.sockets),
  )
  let turn = 0
  const clock = setInterval(
    () => {
      for (let n = turn++ % SLICES; n < attackers.length; n += SLICES) {
        const attacker = attackers[n]
        if (attacker?.isIn !== true || attacker.socket?.writable !== true) continue
        // Whoever is not read from does not go on writing.
        if (attacker.socket.writableLength > MOST_UNSENT) continue
        attacker.socket.write(attacker.nextFrame())
        figures.frames += 1
      }
    },
    1_000 / plan.framesPerSecond / SLICES,
  )

  return {
    stop() {
      isOver = true
      clearInterval(clock)
      for (const timer of entering) clearTimeout(timer)
      for (const { socket } of attackers) socket?.destroy()
      return figures
    },
  }
}

const LEAST = 19
const MOST_UNSENT = 1_000_000
const HANDSHAKE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n')

interface Attacker {
  readonly address: string
  readonly hello: Buffer
  socket: Socket | null
  isIn: boolean
  nextFrame(): Buffer
}

function createAttacker({ isSpread, nth }: AttackPlan, n: number): Attacker {
  const host = isSpread ? n : 0
  const frames = (WAYS[n % WAYS.length] ?? (() => ['']))(n).map(frameOf)
  let at = 0
  return {
    address: `127.${100 + nth}.${Math.floor(host / 250)}.${1 + (host % 250)}`,
    hello: frameOf(`40${JSON.stringify({ token: `hostile-${nth}-${n}`, notifications: { version: 2 } })}`),
    socket: null,
    isIn: false,
    nextFrame: () => frames[at++ % frames.length] ?? Buffer.alloc(0),
  }
}

const event = (name: string, ...args: unknown[]): string => `42${textOf(name, args)}`
const asking = (name: string, ...args: unknown[]): string => `421${textOf(name, args)}`

/** What attackers do, each always the same. */
const WAYS: readonly ((n: number) => readonly string[])[] = [
  // No request at all.
  () => [event(ClientEvent.SendNotification, null), asking(ClientEvent.JoinChannel, { a: [1, 2, 3] })],
  // As large as it may be, and then one value too many.
  (n) => [
    asking(ClientEvent.SendNotification, {
      ...nthNotification(n),
      data: Object.fromEntries(Array.from({ length: 1_025 }, (_, key) => [`key-${key}`, key])),
    }),
  ],
  // Where they have no rights.
  (n) => [
    asking(ClientEvent.JoinChannel, CHANNEL),
    asking(ClientEvent.SendNotification, nthNotification(n)),
    asking(ClientEvent.GetHistory, { stream: `c:${CHANNEL}` }),
  ],
  // What all of them may do, only not that often.
  (n) => [
    event(ClientEvent.JoinChannel, `room-${n % 10}`),
    event(ClientEvent.LeaveChannel, `room-${n % 10}`),
  ],
  (n) => [asking(ClientEvent.SendNotification, { ...nthNotification(n), channel: `room-${n % 10}` })],
  () => [asking(ClientEvent.GetChannels), asking(ClientEvent.GetStats)],
  (n) => [asking(ClientEvent.GetHistory, { stream: `c:room-${n % 10}`, limit: 100 })],
  // Nothing that Socket.IO would understand: it ends such a connection by itself.
  () => ['zzz', '4zzz'],
]

/** Whether the last of what came is a close frame of WebSocket, with or without a code. */
function isGoodbye(chunk: Buffer): boolean {
  return GOODBYES.some((length) => chunk.at(-length) === 0x88 && chunk.at(1 - length) === length - 2)
}

const GOODBYES = [2, 4]

/** Of WebSocket, with a mask that changes nothing. */
function frameOf(text: string): Buffer {
  const payload = Buffer.from(text)
  const { length } = payload
  const head = length < 126 ? [0x81, 0x80 | length] : [0x81, 0x80 | 126, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload])
}
