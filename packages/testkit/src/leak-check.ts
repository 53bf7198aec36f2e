import { createHook } from 'node:async_hooks'
import type { EventEmitter } from 'node:events'
import type { Namespace, Server } from 'socket.io'
import { LIMIT_MS, nextTurn, until } from './until.ts'

export interface LeakOptions {
  /** Emitters whose listeners are counted, by the name that a failure uses: `{ io, socket, adapter }`. */
  readonly emitters?: Readonly<Record<string, Pick<EventEmitter, 'eventNames' | 'listenerCount'>>>
  /** Rooms of this server or namespace are compared; a room of a socket's own id does not count. */
  readonly rooms?: Server | Namespace
  /** Names of what somebody else leaves open for a while, and nobody here can close. */
  readonly ignore?: RegExp
  /** How long what is on its way out may take. @default 5000 */
  readonly limitMs?: number
}

export interface LeakCheck {
  /** What is there now and was not at the start, in words. */
  left(): string[]
  /** Waits until nothing is left; fails with the names of what stays. Ends the check. */
  verify(): Promise<void>
  /** Ends the check without a verdict, for a test that failed already. */
  stop(): void
}

type Counts = Map<string, number>

/**
 * Remembers what is open now: handles of the process (sockets, servers, referenced timers), listeners of the
 * given emitters, rooms; and every timer that is made from now on, `unref`ed ones too, with the place that made it.
 */
export function leakCheck(options: LeakOptions = {}): LeakCheck {
  const before = countAll(options)
  const timers = watchTimers()
  const left = (): string[] =>
    [...moreThan(before, countAll(options)), ...timers.left()].filter(
      (name) => options.ignore?.test(name) !== true,
    )

  const verify = async (): Promise<void> => {
    try {
      // The hook that reports destroyed timers runs a turn late.
      await nextTurn()
      await until(() => left().length === 0, 'nothing left open', options.limitMs ?? LIMIT_MS)
    } catch {
      const names = left()
      if (names.length > 0) throw new Error(`left open:${names.map((name) => `\n  ${name}`).join('')}`)
    } finally {
      timers.stop()
    }
  }
  return { left, verify, stop: timers.stop }
}

function countAll({ emitters = {}, rooms }: LeakOptions): Counts {
  const counts: Counts = new Map()
  const add = (name: string, by: number) => counts.set(name, (counts.get(name) ?? 0) + by)
  for (const kind of process.getActiveResourcesInfo()) {
    // Timers are told one by one, with their origin.
    if (kind !== 'Timeout' && kind !== 'Immediate' && kind !== 'TickObject') add(`handle ${kind}`, 1)
  }
  for (const [name, emitter] of Object.entries(emitters)) {
    for (const event of emitter.eventNames())
      add(`listener ${name} "${String(event)}"`, emitter.listenerCount(event))
  }
  if (rooms !== undefined) for (const room of roomsOf(rooms)) add(`room ${room}`, 1)
  return counts
}

function roomsOf(target: Server | Namespace): string[] {
  const namespace = 'engine' in target ? target.sockets : target
  return [...namespace.adapter.rooms.keys()].filter((room) => !namespace.sockets.has(room))
}

function moreThan(before: Counts, now: Counts): string[] {
  const names: string[] = []
  for (const [name, count] of now) {
    const extra = count - (before.get(name) ?? 0)
    if (extra > 0) names.push(extra === 1 ? name : `${name} (${extra} times)`)
  }
  return names
}

/** Follows every timer that is made from now on. `getActiveResourcesInfo` knows only those that are referenced. */
function watchTimers() {
  // An error writes its stack when it is read, which costs far more than the timer itself: few are ever read.
  const open = new Map<number, Error>()
  const hook = createHook({
    init(asyncId, type) {
      if (type === 'Timeout') open.set(asyncId, new Error('made here'))
    },
    destroy: (asyncId) => void open.delete(asyncId),
  })
  hook.enable()
  const origins = (): string[] => [...open.values()].flatMap(({ stack }) => originOf(stack ?? '') ?? [])
  return {
    left: () => origins().map((origin) => `timer made ${origin}`),
    stop: () => void hook.disable(),
  }
}

/** The first line of the stack outside Node and this file; `undefined` for timers of the test runner and of ours. */
function originOf(stack: string): string | undefined {
  const line = stack
    .split('\n')
    .slice(1)
    .find((at) => !/node:|new Promise|leak-check\.ts/.test(at))
  if (line === undefined || /until\.ts|node_modules.(\.pnpm.)?@?vitest|tinypool/.test(line)) return undefined
  return line.trim()
}
