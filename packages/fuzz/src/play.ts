import { ClientEvent, ServerEvent } from '@carillon/protocol'
import { connectRaw, onUnhandled, PacketType, type RawClient, until } from '@carillon/testkit'
import type { Socket } from 'socket.io'
import type { Place } from './place.ts'
import type { AckPlace, Scenario, Step } from './scenarios.ts'

/** Somebody on a visit, and what is owed to them. */
interface Visit {
  readonly client: RawClient
  isClosed: boolean
  /** Numbers of acknowledgements that must be answered once, if the connection lasts. */
  readonly asked: number[]
  /** Acknowledgements that listeners were called with. */
  readonly acks: { answers: number }[]
}

const OURS: ReadonlySet<string> = new Set(Object.values(ClientEvent))

/** Plays a scenario; throws when something is not as it must be, whatever the visitor did. */
export async function play(place: Place, { auth, steps }: Scenario): Promise<void> {
  const guard = onUnhandled()
  let visit: Visit | undefined
  try {
    visit = await enter(place, auth)
    for (const step of steps) {
      if (step.kind === 'again') {
        await visit.client.close()
        visit = await enter(place, auth)
      } else await take(place, visit, step)
    }
    await expectAnswers(place, visit)
    await visit.client.close()
    await place.expectUntouched()
    await guard.check()
  } catch (error) {
    if (guard.errors.length > 0) throw guard.errors[0]
    throw error
  } finally {
    guard.release()
    await visit?.client.close()
  }
}

async function enter(place: Place, authText: string): Promise<Visit> {
  const client = connectRaw(place.url, { name: 'visitor', authText })
  const visit: Visit = { client, isClosed: false, asked: [], acks: [] }
  void client.closed.then(() => {
    visit.isClosed = true
  })
  const isIn = (): boolean => client.all(ServerEvent.ConnectionConfirmed).length > 0
  // Who asks for a namespace that is not there is refused, and stays connected for a while.
  const isRefused = (): boolean =>
    client.frames.some(({ packet }) => packet?.type === PacketType.ConnectError)
  await until(() => isIn() || isRefused() || visit.isClosed, 'the visitor is in, or turned away')
  return visit
}

async function take(place: Place, visit: Visit, step: Exclude<Step, { kind: 'again' }>): Promise<void> {
  const { client } = visit
  if (visit.isClosed) return
  switch (step.kind) {
    case 'frame':
      client.sendFrame(step.text)
      return
    case 'binary':
      client.sendBinary(Uint8Array.from(step.bytes))
      return
    case 'event':
      sendEvent(visit, step)
      return
    case 'listener':
      callListeners(place, visit, step)
      return
    case 'wait':
      await roundTrip(place, visit)
      return
    default:
      step satisfies never
  }
}

/** Digits that no wounded frame has by chance. */
const FIRST_ASKED = 700_001

function sendEvent({ client, asked }: Visit, { json, event, wantsAnswer }: Step & { kind: 'event' }): void {
  const id = FIRST_ASKED + asked.length
  client.sendFrame(`42${wantsAnswer ? id : ''}${json}`)
  // What is none of ours is nobody's to answer.
  if (wantsAnswer) asked.push(OURS.has(event) ? id : 0)
}

/** As Socket.IO calls them, with the socket as `this`. */
function callListeners(
  { io, honestId }: Place,
  visit: Visit,
  { event, args, ack: where }: Step & { kind: 'listener' },
): void {
  const socket = [...io.sockets.sockets.values()].find(({ id }) => id !== honestId)
  if (socket === undefined) return
  const given = withAck(visit, args, where)
  for (const listener of socket.listeners(event)) callAs(socket, listener, given)
}

function callAs(socket: Socket, listener: unknown, args: readonly unknown[]): void {
  if (typeof listener === 'function') Reflect.apply(listener, socket, args)
}

function withAck({ acks }: Visit, args: readonly unknown[], where: AckPlace): unknown[] {
  const count = { answers: 0 }
  const ack = (): void => {
    count.answers += 1
    if (where === 'throws') throw new Error('an acknowledgement that throws')
  }
  if (where === 'none') return [...args]
  if (where === 'first') return [ack, ...args, null]
  acks.push(count)
  return where === 'both' ? [ack, ...args, ack] : [...args, ack]
}

/** The number that no scenario uses. */
const ROUND_TRIP = 999_999

/** What was sent before has been read: the answer says so, or the end of the visit. */
async function roundTrip(place: Place, visit: Visit): Promise<void> {
  const before = answersTo(visit, ROUND_TRIP)
  visit.client.sendFrame(`42${ROUND_TRIP}["${ClientEvent.GetStats}"]`)
  await until(() => isOver(place, visit) || answersTo(visit, ROUND_TRIP) > before, 'an answer, or the end')
}

/** The connection has ended, or it has left the namespace, which Socket.IO does not end. */
function isOver({ io }: Place, { isClosed }: Visit): boolean {
  return isClosed || io.sockets.sockets.size === 1
}

/** Each is answered exactly once, and nothing more often. */
async function expectAnswers(place: Place, visit: Visit): Promise<void> {
  await roundTrip(place, visit)
  const counts = (): number[] => [
    ...visit.asked.filter((id) => id > 0).map((id) => answersTo(visit, id)),
    ...visit.acks.map(({ answers }) => answers),
  ]
  const isDone = (): boolean => counts().some((count) => count > 1) || counts().every((count) => count === 1)
  await until(() => isOver(place, visit) || isDone(), 'an answer to each request')
  const most = Math.max(0, ...counts())
  if (most > 1) throw new Error(`a request had ${most} answers`)
}

function answersTo({ client }: Visit, id: number): number {
  return client.frames.filter(({ packet }) => packet?.type === PacketType.Ack && packet.ackId === id).length
}
