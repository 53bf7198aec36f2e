import type { Server, Socket } from 'socket.io'

type Engine = Server['engine']
type Connection = Socket['conn']

/** What of a network socket is needed here. */
interface Corkable {
  readonly writableCorked: number
  cork(): void
  uncork(): void
}

/**
 * Lets frames that leave a connection together leave in one system call, which costs far more than what is in it:
 * a page of missed notifications to a stock client, or all that a new connection is told. Engine.IO says when it
 * hands a buffer to its transport; until the end of that turn the network socket holds what it gets.
 */
export interface Corks {
  /** The engine may be made after the attachment, or made again. */
  watch(engine: Engine): void
  release(): void
}

/** Attachments of one engine share its listener. */
const watchers = new WeakMap<Engine, number>()

export function createCorks(): Corks {
  let watched: Engine | null = null

  function release(): void {
    if (watched === null) return
    const left = (watchers.get(watched) ?? 1) - 1
    watchers.set(watched, left)
    if (left === 0) watched.off('flush', onFlush)
    watched = null
  }

  return {
    watch(engine) {
      if (engine === watched) return
      release()
      watched = engine
      const others = watchers.get(engine) ?? 0
      watchers.set(engine, others + 1)
      if (others === 0) engine.on('flush', onFlush)
    },
    release,
  }
}

function onFlush({ transport }: Connection, buffer: readonly unknown[]): void {
  if (buffer.length < 2 || transport.name !== 'websocket') return
  const tcp: unknown = Reflect.get(Object(Reflect.get(transport, 'socket')), '_socket')
  // Another WebSocket implementation may have nothing of the kind: then every frame leaves by itself.
  if (!isCorkable(tcp) || tcp.writableCorked > 0) return
  tcp.cork()
  process.nextTick(() => tcp.uncork())
}

function isCorkable(value: unknown): value is Corkable {
  return (
    typeof value === 'object' &&
    value !== null &&
    'writableCorked' in value &&
    'cork' in value &&
    typeof value.cork === 'function' &&
    'uncork' in value &&
    typeof value.uncork === 'function'
  )
}
