import {
  ClientEvent,
  channelStream,
  type HistoryQuery,
  LIMITS,
  nameProblems,
  type SizeProblem,
} from '@carillon/protocol'
import { historyProblem, kindOf } from '../rules/arguments.ts'
import { NotificationsError } from '../rules/errors.ts'
import type { Settings } from '../rules/options.ts'
import { sizeError } from '../rules/snapshot.ts'
import { sayOnConsole } from './console.ts'
import { createEmitter } from './emitter.ts'
import type { Target } from './open-socket.ts'
import { createSession } from './session.ts'
import type { SafeStorage } from './storage.ts'
import type { ClientEvents, HistoryRequest, NotificationsClient } from './surface.ts'

const EVENTS = {
  notification: true,
  reset: true,
  status: true,
  stats: true,
  confirmed: true,
  problem: true,
} as const

export function createClient(
  target: Target,
  settings: Settings,
  storage: SafeStorage | null,
  keepsSends: boolean,
): NotificationsClient {
  const emitter = createEmitter<ClientEvents>(EVENTS, onThrow)
  const session = createSession({ target, storage, keepsSends, settings, emitter, onThrow })

  function onThrow(cause: unknown, event: string): void {
    const message = `a listener of "${event}" failed`
    const isHeard = event !== 'problem' && emitter.listeners('problem').length > 0
    if (isHeard) emitter.emit('problem', new NotificationsError('listener-failed', message, { cause }))
    else sayOnConsole(message, cause)
  }

  const client: NotificationsClient = {
    get status() {
      return session.status
    },
    get userId() {
      return session.userId
    },
    get clientId() {
      return session.clientId
    },
    joinChannel: (channel, options = {}) =>
      checkName('joinChannel', channel, session.limits.channelNameBytes) ??
      session.channels.join(channel, options),
    leaveChannel: (channel, options = {}) =>
      checkName('leaveChannel', channel, LIMITS.channelNameBytes) ?? session.channels.leave(channel, options),
    sendNotification: (notification, options = {}) => session.outbox.send(notification, options),
    async history(query, options = {}) {
      const problem = historyProblem(query) ?? sizeError('history', streamProblems(query))
      if (problem !== null) throw problem
      const args = [queryOf(query)]
      return session.requests.ask({ call: 'history', event: ClientEvent.GetHistory, args, options })
    },
    stats: (options = {}) =>
      session.requests.ask({ call: 'stats', event: ClientEvent.GetStats, args: [], options }),
    async channels(options = {}) {
      const ask = { call: 'channels', event: ClientEvent.GetChannels, args: [], options }
      return (await session.requests.ask(ask)).channels
    },
    refreshAuth: (auth, options = {}) => session.renewal.refresh(auth, options),
    connect: session.connect,
    close: session.close,
    on(event, listener) {
      emitter.add(event, listener, false)
      return client
    },
    once(event, listener) {
      emitter.add(event, listener, true)
      return client
    },
    off(event, listener) {
      emitter.off(event, listener)
      return client
    },
    listeners: (event) => emitter.listeners(event),
  }
  return client
}

/** What the server is asked. */
function queryOf(query: HistoryRequest): HistoryQuery {
  if (!('channel' in query)) return query
  const { channel, ...rest } = query
  return { ...rest, stream: channelStream(channel) }
}

/** A server reads the history of every name that the protocol allows, however long those are that may be joined. */
function streamProblems(query: HistoryRequest): readonly SizeProblem[] {
  const { channelNameBytes } = LIMITS
  if ('channel' in query) return nameProblems('channel', query.channel, channelNameBytes)
  return nameProblems('stream', query.stream, channelNameBytes + channelStream('').length)
}

/** What is no text cannot be a key of ours, nor what is too long go out; the rest of a name is the server's to judge. */
function checkName(call: string, channel: unknown, max: number): Promise<never> | null {
  if (typeof channel === 'string') {
    const error = sizeError(call, nameProblems('channel', channel, max))
    return error === null ? null : Promise.reject(error)
  }
  const message = `${call}: "channel" must be a string, got ${kindOf(channel)}`
  return Promise.reject(new NotificationsError('field-type', message, { outcome: 'unsent' }))
}
