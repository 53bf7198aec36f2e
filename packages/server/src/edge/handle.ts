import { EventEmitter } from 'node:events'
import {
  type ChannelsList,
  ClientEvent,
  type Kinds,
  LIMITS,
  NOTIFICATION_FIELDS,
  type NotificationInput,
  type NotificationInputOf,
  type NotificationSent,
  type Problem,
  type Problems,
  parseHandshake,
  parseRequest,
  type ServerStats,
  sentencesOf,
  typeNameOf,
} from '@carillon/protocol'
import type TypedEmitter from 'typed-emitter'
import { channelsOf } from '../flows/channel-list.ts'
import type { Core } from '../flows/core.ts'
import { sendForHost } from '../flows/host-send.ts'
import type { Announce } from '../flows/ports.ts'
import type { SendFailure } from '../flows/send.ts'
import { statsOf } from '../flows/stats.ts'
import { NotificationsError } from './errors.ts'
import type { Log } from './log.ts'
import { disconnectUser, revoke } from './user-commands.ts'

/** What the handle emits. There is no event `error`: unheard, it would end the host's process. */
export type NotificationsEvents = {
  /** A client's notification is in the log and was confirmed. */
  sent: (fact: { stream: string; notificationId: string; offset: number; userId: string | null }) => void
  /** A socket joined a channel. */
  joined: (fact: MemberFact) => void
  /** A socket left a channel, by itself or by going away. */
  left: (fact: MemberFact) => void
  /** A request or a connection (`event: null`) was refused; also a connection that was cut off. */
  refused: (fact: { event: string | null; problems: readonly Problem[]; socketId: string }) => void
  /**
   * A client takes less than it is sent: so many frames and bytes wait for it. It gets what it misses page by page,
   * as it takes it. Told when that begins; a client that takes nothing at all is cut off, and `refused`.
   */
  lagging: (fact: { socketId: string; userId: string | null; frames: number; bytes: number }) => void
  /** A hook, a listener or the store failed. Also written to `log`. */
  problem: (error: NotificationsError) => void
}

export interface MemberFact {
  channel: string
  userId: string | null
  username: string | null
  socketId: string
}

/** What the host sends: as a client would, under any name. */
export type ServerNotification<K extends Kinds = Kinds> = NotificationInputOf<K> & {
  /** Shown as the sender. @default the option `serverName` */
  readonly sender?: string
}

/** What can be done with the notifications of one namespace. */
export interface NamespaceHandle<K extends Kinds = Kinds> {
  /**
   * Appends a notification and delivers it: to a channel, to a user (`to`), or to everybody. Resolves to its
   * receipt when it is as durable as the store says. Sends to one stream are stored in the order of their calls.
   *
   * @throws NotificationsError `BAD_NOTIFICATION` with every problem in its message, `HOOK_FAILED` when the schema of
   * its kind failed, `NOT_SENT` when the store refused it or cannot tell (then the same `idempotencyKey` may be tried
   * again), `CLOSED` after `close()`
   */
  send(notification: ServerNotification<K>): Promise<NotificationSent>
  /**
   * Takes a user out of a channel, on every device and every node, also on nodes that hear of it later. Each of the
   * user's sockets that was in it gets `channel-left` with the reason `revoked`, and the user has to join anew, as
   * for the first time. A join that is under way is asked about again: so change the rights first, and then revoke.
   * Resolves when it is as durable as the store says; whoever listens has heard of it by then or will.
   *
   * @throws NotificationsError `BAD_NAME`, `NOT_SENT` when the store refused or cannot tell (then do it again: twice
   * is harmless), `CLOSED`
   */
  revoke(user: string, channel: string): Promise<void>
  /**
   * Ends every connection of a user to this namespace, on every node, also on nodes that hear of it later. Each gets
   * an `error-message` with the code `disconnected` before, and does not come back by itself. Who connects meanwhile
   * is asked about again; nobody is kept from connecting later, that is for `authenticate` to do.
   * Resolves and rejects as {@link revoke} does.
   */
  disconnectUser(user: string): Promise<void>
  /** Connected clients, active channels, uptime in seconds. */
  stats(): Promise<ServerStats>
  /** Channels with members, the fullest first. */
  channels(): Promise<ChannelsList>
}

/** What {@link attachNotifications} returns. */
export interface NotificationsHandle<K extends Kinds = Kinds>
  extends NamespaceHandle<K>,
    TypedEmitter<NotificationsEvents> {
  /**
   * The notifications of one namespace of a dynamic family, whether or not somebody is connected to it.
   *
   * @throws NotificationsError `NOT_A_FAMILY` when Carillon is attached to one namespace only
   */
  of(namespace: string): NamespaceHandle<K>
  /**
   * Takes nothing more, finishes and confirms what is under way, saves the cursors, and removes every listener,
   * room and timer that Carillon made. Closes the store if it was made here. Twice is harmless: the first call
   * counts.
   *
   * @throws NotificationsError `BAD_OPTION`
   */
  close(options?: CloseOptions): Promise<void>
}

/** What {@link NotificationsHandle.close} does with the connections. */
export interface CloseOptions {
  /**
   * Ends them, in the way after which clients come back by themselves, to another node if this one listens no
   * more. Each gets an `error-message` with the code `closing` before. A connection serves all namespaces, so
   * the host's own end as well.
   * @default false: they stay, and only Carillon is gone
   */
  readonly disconnect?: boolean
  /** Milliseconds over which the ends are spread, so that not everybody comes back at once. @default 0 */
  readonly drainMs?: number
}

/** Emits facts to the host's listeners. A listener that throws or rejects harms nobody. [G7] */
export function createAnnounce(emitter: TypedEmitter<NotificationsEvents>, log: Log): Announce {
  const tell = <E extends keyof NotificationsEvents>(
    event: E,
    ...facts: Parameters<NotificationsEvents[E]>
  ) => {
    const failed = (cause: unknown): void => log.error(`A listener of "${event}" failed`, cause)
    if (emitter.listenerCount(event) === 0) return
    // One by one: what a listener throws must not keep the others from hearing.
    for (const listener of emitter.rawListeners(event)) {
      try {
        const result: unknown = Reflect.apply(listener, emitter, facts)
        if (result instanceof Promise) result.catch(failed)
      } catch (cause) {
        failed(cause)
      }
    }
  }
  return {
    sent: (fact) => tell('sent', fact),
    joined: (fact) => tell('joined', fact),
    left: (fact) => tell('left', fact),
    refused: (fact) => tell('refused', fact),
    lagging: (fact) => tell('lagging', fact),
    problem({ code, message, cause }) {
      log.error(message, cause)
      tell('problem', new NotificationsError(code, message, { cause }))
    },
  }
}

export function createEmitter(): TypedEmitter<NotificationsEvents> & EventEmitter {
  return new EventEmitter() as TypedEmitter<NotificationsEvents> & EventEmitter
}

/** @param coreOf finds the core of the namespace, or throws when there is none to speak of */
export function createNamespaceHandle(coreOf: () => Core): NamespaceHandle {
  return {
    send: async (notification) => sendFromHost(coreOf(), notification),
    revoke: async (user, channel) => revoke(coreOf(), user, channel),
    disconnectUser: async (user) => disconnectUser(coreOf(), user),
    stats: async () => statsOf(coreOf()),
    channels: async () => channelsOf(coreOf()),
  }
}

function sendFromHost(core: Core, notification: ServerNotification): Promise<NotificationSent> {
  if (core.isClosing) throw closed()
  if (typeof notification !== 'object' || notification === null) {
    const message = `send: the notification must be an object, got ${typeNameOf(notification)}`
    throw new NotificationsError('BAD_NOTIFICATION', message)
  }
  const { sender, ...input } = notification
  checkSender(sender)
  checkFields(input)
  const parsed = parseRequest(ClientEvent.SendNotification, [jsonCopyOf(input)])
  if (!parsed.ok) throw refused(core, parsed.problems)
  const draft = parsed.value.notification
  return new Promise((resolve, reject) => {
    sendForHost(core, draft, sender ?? core.settings.serverName, (result) => {
      if (result.ok) resolve(result.sent)
      else reject('problems' in result ? refused(core, result.problems) : notSent(core, result))
    })
  })
}

/** The host may change its object afterwards; the log must not change with it. */
function jsonCopyOf(input: NotificationInput): unknown {
  if (!input.data) return input
  try {
    return { ...input, data: JSON.parse(JSON.stringify(input.data)) }
  } catch (cause) {
    throw new NotificationsError('BAD_NOTIFICATION', 'send: "data" cannot be written as JSON', { cause })
  }
}

/** On the wire unknown fields are dropped. Here a misspelled `channel` would become a broadcast to everybody. */
function checkFields(input: object): void {
  const stranger = Object.keys(input).find((name) => !NOTIFICATION_FIELDS.includes(name))
  if (stranger === undefined) return
  const fields = [...NOTIFICATION_FIELDS, 'sender'].join(', ')
  throw new NotificationsError(
    'BAD_NOTIFICATION',
    `send: unknown field "${stranger}"; the fields are ${fields}`,
  )
}

/** The same rules as for a client's username. */
function checkSender(sender: unknown): void {
  if (sender === undefined || parseHandshake({ username: sender }).username !== null) return
  const message = `send: "sender" must be text of 1 to ${LIMITS.identityLength} characters, got ${typeNameOf(sender)}`
  throw new NotificationsError('BAD_NOTIFICATION', message)
}

function refused(core: Core, problems: Problems): NotificationsError {
  if (core.isClosing) return closed()
  const code = problems[0].code === 'hook-failed' ? 'HOOK_FAILED' : 'BAD_NOTIFICATION'
  const sentences = sentencesOf(core.settings.catalogue, problems)
  return new NotificationsError(code, `send: ${sentences.join('; ')}`, { cause: problems })
}

function closed(): NotificationsError {
  return new NotificationsError('CLOSED', 'send: these notifications were closed')
}

function notSent(core: Core, { problem, cause }: SendFailure): NotificationsError {
  return new NotificationsError('NOT_SENT', `send: ${sentencesOf(core.settings.catalogue, [problem])[0]}`, {
    cause,
  })
}
