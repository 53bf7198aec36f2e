import { ClientEvent, ServerEvent } from '@carillon/protocol'
import { nextTurn, within } from '@carillon/testkit'
import { io, type Socket } from 'socket.io-client'
import { createNames, parseTranscript, type Turn } from './transcript.ts'

interface Heard {
  readonly event: string
  readonly ack: number | null
  readonly args: readonly unknown[]
}

/** A stock client that writes down every frame it gets, acknowledgements among them. */
interface Actor {
  readonly socket: Socket
  readonly heard: Heard[]
  onHeard: () => void
}

const LIMIT_MS = 5_000
/** Engine.IO and Socket.IO say these by themselves. */
const CONNECT = 'connect'
const DISCONNECT = 'disconnect'

/**
 * Plays a transcript against a server: does what its clients do and compares every frame that they get, in
 * order. `server-stats` may be left out of a transcript; any other frame that it does not have is a difference.
 */
export async function playTranscript(text: string, url: string): Promise<void> {
  const actors = new Map<string, Actor>()
  const names = createNames()
  try {
    for (const turn of parseTranscript(text)) {
      if (turn.from === 'client') await act(actors, turn, url, names.toRun)
      else compare(turn, await hear(actorOf(actors, turn), turn), names.differenceOf)
    }
    for (const [who, actor] of actors) await expectSilence(who, actor)
  } finally {
    for (const { socket } of actors.values()) socket.close()
  }
}

async function act(
  actors: Map<string, Actor>,
  turn: Turn,
  url: string,
  toRun: (value: unknown) => unknown,
): Promise<void> {
  const args = turn.args.map(toRun)
  if (turn.event === CONNECT) {
    actors.get(turn.who)?.socket.close()
    actors.set(turn.who, connect(url, args[0]))
    return
  }
  const actor = actorOf(actors, turn)
  if (turn.event === DISCONNECT) {
    const closed = new Promise<void>((resolve) => actor.socket.once(DISCONNECT, () => resolve()))
    actor.socket.close()
    await closed
    // The server hears of it through the network.
    await nextTurn()
    return
  }
  const { ack } = turn
  if (ack === null) actor.socket.emit(turn.event, ...args)
  else
    actor.socket.emit(turn.event, ...args, (...answer: unknown[]) =>
      note(actor, { event: 'ack', ack, args: answer }),
    )
}

function connect(url: string, auth: unknown): Actor {
  const socket = io(url, { ...Object(auth), forceNew: true, reconnection: false, transports: ['websocket'] })
  const actor: Actor = { socket, heard: [], onHeard: () => undefined }
  socket.onAny((event: string, ...args: unknown[]) => note(actor, { event, ack: null, args }))
  socket.on(DISCONNECT, (reason) => {
    if (reason === 'io server disconnect') note(actor, { event: DISCONNECT, ack: null, args: [] })
  })
  return actor
}

function note(actor: Actor, heard: Heard): void {
  actor.heard.push(heard)
  actor.onHeard()
}

/** The next frame of this client, statistics aside unless they are what the transcript has next. */
async function hear(actor: Actor, turn: Turn): Promise<Heard> {
  for (;;) {
    const next = actor.heard.shift()
    if (
      next !== undefined &&
      (turn.event === ServerEvent.ServerStats || next.event !== ServerEvent.ServerStats)
    ) {
      return next
    }
    if (next !== undefined) continue
    const arrival = new Promise<void>((resolve) => {
      actor.onHeard = resolve
    })
    await within(arrival, LIMIT_MS, `the line "${turn.line}"`)
  }
}

function compare(
  turn: Turn,
  heard: Heard,
  differenceOf: (expected: unknown, actual: unknown) => string | undefined,
): void {
  const isIt = heard.event === turn.event && heard.ack === turn.ack
  const difference = isIt ? differenceOf(turn.args, heard.args) : 'another frame came'
  if (difference === undefined) return
  const came = `${heard.event}${heard.ack === null ? '' : ` #${heard.ack}`} ${JSON.stringify(heard.args)}`
  throw new Error(`${difference}\n  the document: ${turn.line}\n  what came:    ${came}`)
}

/** One more round trip: what the server emitted before has arrived then. */
async function expectSilence(who: string, { socket, heard }: Actor): Promise<void> {
  if (socket.connected) await socket.timeout(LIMIT_MS).emitWithAck(ClientEvent.GetStats)
  const [extra] = heard.filter(({ event }) => event !== ServerEvent.ServerStats)
  if (extra === undefined) return
  throw new Error(`${who || 'the client'} got a frame that is not in the document: ${JSON.stringify(extra)}`)
}

function actorOf(actors: ReadonlyMap<string, Actor>, { who, line }: Turn): Actor {
  const actor = actors.get(who)
  if (actor === undefined) throw new Error(`nobody of this name is connected: ${line}`)
  return actor
}
