import { ClientEvent, type Problem, type Problems, parseRequest, type Request } from '@carillon/protocol'
import { problemsBeyond } from '../rules/bounds.ts'
import { tagOf } from '../rules/streams.ts'
import { ackPositions } from './ack-positions.ts'
import { type Core, reportFault } from './core.ts'
import { tellHistory } from './history.ts'
import { join } from './join.ts'
import { leave } from './leave.ts'
import { inRate, overRate } from './rates.ts'
import { refreshAuth } from './refresh.ts'
import { type Ack, createReply, type Reply } from './reply.ts'
import { isRefusal } from './rights.ts'
import { send, targetOf } from './send.ts'
import type { Session } from './session.ts'
import { tellChannels, tellStats } from './stats.ts'

/** What a flow promises: it replies exactly once; its promise ends when the next request of the lane may begin. */
interface Flow<E extends ClientEvent> {
  readonly run: (
    core: Core,
    session: Session,
    request: Request<E>,
    reply: Reply<E>,
  ) => undefined | Promise<void>
  /** Requests of one socket on one stream keep their order; `null` keeps none. */
  readonly lane: (core: Core, request: Request<E>) => string | null
}

const FLOWS: { readonly [E in ClientEvent]: Flow<E> } = {
  [ClientEvent.JoinChannel]: { run: join, lane: (_, { channel }) => `c:${channel}` },
  [ClientEvent.LeaveChannel]: { run: leave, lane: (_, { channel }) => `c:${channel}` },
  [ClientEvent.SendNotification]: {
    run: send,
    lane: (core, { notification }) => tagOf(targetOf(core, notification)),
  },
  [ClientEvent.GetStats]: { run: tellStats, lane: () => null },
  [ClientEvent.GetChannels]: { run: tellChannels, lane: () => null },
  [ClientEvent.AckNotifications]: { run: ackPositions, lane: () => null },
  [ClientEvent.GetHistory]: { run: tellHistory, lane: () => null },
  [ClientEvent.RefreshAuth]: { run: refreshAuth, lane: () => 'auth' },
}

const RETRY_AFTER_MS = 1_000

/** Requests of one socket that may wait for its connection to be confirmed. */
const EARLY_REQUESTS = 200

/** Everything that a client asks comes through here: never throws, whatever came over the network. [G7] */
export function onRequest(core: Core, session: Session, event: ClientEvent, args: readonly unknown[]): void {
  if (session.state === 'closed') return
  const last = args.at(-1)
  const ack = typeof last === 'function' ? (answer: object): void => last(answer) : null
  const rest = ack === null ? args : args.slice(0, -1)
  handle(core, session, event, rest, ack)
}

function handle<E extends ClientEvent>(
  core: Core,
  session: Session,
  event: E,
  args: readonly unknown[],
  ack: Ack | null,
): void {
  session.pending += 1
  const reply = createReply(core, session, event, ack)
  const tooMuch = overRate(core, session, event)
  if (tooMuch !== undefined) {
    reply.refuse(tooMuch)
    return
  }
  const isEarly = session.state === 'starting' && session.pending > EARLY_REQUESTS
  if (isEarly || session.pending > core.settings.requestsPerSocket) {
    reply.refuse([{ code: 'too-many-requests', retryAfterMs: RETRY_AFTER_MS }])
    return
  }
  const begin = (): void => {
    const parsed = parseRequest(event, args)
    const problems = parsed.ok ? beyond(core, event, parsed.value) : parsed.problems
    if (isRefusal(problems)) reply.refuse(problems)
    else if (parsed.ok) runInLane(core, session, event, parsed.value, reply)
  }
  if (session.state !== 'starting') begin()
  else if (session.early === null) session.early = [begin]
  else session.early.push(begin)
}

function beyond<E extends ClientEvent>(
  { settings }: Core,
  event: E,
  request: Request<E>,
): readonly Problem[] {
  return settings.narrowing === null ? NOTHING : problemsBeyond(settings.narrowing, event, request)
}

const NOTHING: readonly Problem[] = []

function runInLane<E extends ClientEvent>(
  core: Core,
  session: Session,
  event: E,
  request: Request<E>,
  reply: Reply<E>,
): void {
  const flow: Flow<E> = FLOWS[event]
  const run = (): undefined | Promise<void> => runGuarded(core, flow, session, request, reply)
  const task = (): undefined | Promise<void> => inRate(core, session, event, reply, run)
  const lane = flow.lane(core, request)
  if (lane === null) {
    void task()
    return
  }
  const waiting = session.lanes?.get(lane)
  if (waiting !== undefined) waiting.push(task)
  else follow(session, lane, task)
}

/** Runs tasks of a lane one after the other. A task that is done at once leaves no trace. */
function follow(session: Session, lane: string, task: () => unknown): void {
  const running = task()
  if (!(running instanceof Promise)) return
  const waiting: (() => unknown)[] = []
  session.lanes ??= new Map()
  session.lanes.set(lane, waiting)
  const next = async (): Promise<void> => {
    await running
    for (let following = waiting.shift(); following !== undefined; following = waiting.shift())
      await following()
    session.lanes?.delete(lane)
    if (session.lanes?.size === 0) session.lanes = null
  }
  void next()
}

function runGuarded<E extends ClientEvent>(
  core: Core,
  flow: Flow<E>,
  session: Session,
  request: Request<E>,
  reply: Reply<E>,
): undefined | Promise<void> {
  const failed = (cause: unknown): void => {
    reportFault(core, 'REQUEST_FAILED', 'A request failed', cause)
    reply.refuse(INTERNAL)
  }
  // Also what has waited in its lane: after close() no hook is called and nothing is read, and nobody who is gone
  // keeps a slow hook busy with what nobody waits for.
  if (core.isClosing || session.state === 'closed') {
    reply.refuse([{ code: 'closing', retryAfterMs: RETRY_AFTER_MS }])
    return undefined
  }
  try {
    return flow.run(core, session, request, reply)?.catch(failed)
  } catch (cause) {
    failed(cause)
    return undefined
  }
}

const INTERNAL: Problems = [{ code: 'internal' }]
