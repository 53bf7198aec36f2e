import { type Kinds, typeNameOf } from '@carillon/protocol'
import { createMemoryStore, type NotificationStore } from '@carillon/store'
import type { Namespace, Server, Socket } from 'socket.io'
import { NOT_SHARED_SENTENCE, spansNodes } from './adapter.ts'
import { createAddressOf } from './addresses.ts'
import type { Shared } from './attachment.ts'
import { createAttention } from './attention.ts'
import { systemClock } from './clock.ts'
import { tellDurability } from './durability.ts'
import { NotificationsError } from './errors.ts'
import { createFamily, type Members } from './family.ts'
import type { Farewell } from './farewell.ts'
import { createFrameGuard } from './guard.ts'
import {
  type CloseOptions,
  createAnnounce,
  createEmitter,
  createNamespaceHandle,
  type NotificationsHandle,
} from './handle.ts'
import { newsroomOf } from './newsroom.ts'
import { occupy, vacate } from './occupied.ts'
import { checkOptions, type Expectation } from './option-checks.ts'
import type { NotificationsOptions } from './options.ts'
import { createPatientStore } from './patient-store.ts'
import { createRates } from './rates.ts'
import { type Resolved, resolveOptions } from './resolve-options.ts'
import { createSingle } from './single.ts'

/**
 * Gives a Socket.IO server the whole notification protocol: channels, broadcast, confirmed sends, statistics,
 * and notifications that wait for people who were away. The host's own events, rooms, middleware and adapters
 * are left as they are.
 *
 * @param io a server (then its main namespace), a namespace, or a dynamic namespace (`io.of(/^\/team-\w+$/)`),
 * each child of which has streams of its own
 * @throws NotificationsError `BAD_OPTION`, `ALREADY_ATTACHED`, `ACCESS_UNDECIDED` (production without
 * `authenticate`), `STORE_NOT_SHARED` (several nodes, one process's store)
 */
export function attachNotifications<K extends Kinds = Kinds, Claims = unknown>(
  io: Server | Namespace,
  options?: NotificationsOptions<K, Claims>,
): NotificationsHandle<K>
// Here the types of the kinds end: inside, a kind is text and its data are any JSON, and what gets to the typed side
// has been through the schema of its kind. So do those of the claims: what gets there is what `authenticate` gave.
export function attachNotifications(
  io: Server | Namespace,
  options: NotificationsOptions = {},
): NotificationsHandle {
  const nsp = namespaceOf(io)
  const {
    settings,
    policies,
    rates: bounds,
    redis,
    log,
    storeTimeoutMs,
    kinds,
  } = resolveOptions(options, heartbeatOf(nsp))
  checkAccess(options)
  const ownStore = options.store === undefined ? createMemoryStore() : null
  const store =
    ownStore ?? createPatientStore(options.store ?? createMemoryStore(), storeTimeoutMs, systemClock)
  if (!store.shared && spansNodes(nsp)) {
    throw new NotificationsError('STORE_NOT_SHARED', `attachNotifications: ${NOT_SHARED_SENTENCE}`)
  }
  warnIfUnguarded(options, (text) => log.warn(text))
  occupy(nsp)
  const emitter = createEmitter()
  const announce = createAnnounce(emitter, log)
  // What others were given is the store itself, not what we have put around it.
  const newsroom = newsroomOf(options.store ?? store)
  const rates =
    bounds === null ? null : createRates(bounds, redis, ratesPlaceOf(nsp, options.scope), announce, log)
  const addressOf = createAddressOf(options.address?.bind(options), announce, (text) => log.warn(text))
  const hooks = hooksOf(options, kinds)
  const attention =
    bounds === null
      ? null
      : createAttention({
          longestMs: bounds.longestTurnMs,
          onTooMuch: (conn) => members.cutOff(conn),
          warn: (text) => log.warn(text),
        })
  const frames = createFrameGuard(attention)
  const shared: Shared = { store, newsroom, settings, hooks, policies, rates, addressOf, frames, announce }
  const members = isParent(nsp)
    ? createFamily(shared, nsp, options.scope)
    : createSingle(shared, nsp, options.scope)
  const onConnection = (socket: Socket): void => {
    warnIfSplit(socket.nsp, store, (message) => log.error(message))
    members.serve(socket)
  }
  const places = members.places()
  for (const place of places) place.on('connection', onConnection)
  for (const place of places) for (const socket of place.sockets.values()) onConnection(socket)
  const stopAsking = tellDurability(store, log, announce)

  const close = async (farewell: Farewell | undefined): Promise<void> => {
    stopAsking()
    for (const place of members.places()) place.off('connection', onConnection)
    // Who comes back while the others are sent away would find nobody here.
    const turnBack = (socket: Socket): void => void socket.conn.close()
    if (farewell !== undefined) for (const place of members.places()) place.on('connection', turnBack)
    await members.stop(farewell)
    for (const place of members.places()) place.off('connection', turnBack)
    vacate(nsp)
    rates?.close()
    frames.close()
    await ownStore?.close()
  }
  return createHandle(emitter, members, close)
}

function createHandle(
  emitter: ReturnType<typeof createEmitter>,
  members: Members,
  close: (farewell: Farewell | undefined) => Promise<void>,
): NotificationsHandle {
  let closed: Promise<void> | undefined
  return Object.assign(emitter, createNamespaceHandle(members.main), {
    of(name: string) {
      // Says at once when there is no such thing.
      members.of(name)
      return createNamespaceHandle(() => members.of(name))
    },
    async close(options: CloseOptions = {}) {
      const farewell = farewellOf(options)
      closed ??= close(farewell)
      await closed
    },
  })
}

function farewellOf(options: CloseOptions): Farewell | undefined {
  checkOptions(options, CLOSE_EXPECTATIONS, 'close')
  return options.disconnect === true ? { drainMs: options.drainMs ?? 0 } : undefined
}

const CLOSE_EXPECTATIONS: Readonly<Record<keyof CloseOptions, Expectation>> = {
  disconnect: { what: 'true or false', fits: (value) => typeof value === 'boolean' },
  drainMs: {
    what: 'milliseconds, 0 or more',
    fits: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  },
}

function namespaceOf(io: Server | Namespace): Namespace {
  if (typeof io !== 'object' || io === null || !('of' in io || 'adapter' in io)) {
    throw new NotificationsError(
      'BAD_OPTION',
      `attachNotifications: the first argument must be a Socket.IO server or namespace, got ${typeNameOf(io)}`,
    )
  }
  return 'of' in io ? io.of('/') : io
}

/** Duck-typed: a second copy of socket.io in the tree has classes of its own. */
function isParent(nsp: Namespace): boolean {
  return 'children' in nsp
}

/** Socket.IO numbers dynamic namespaces in the order in which a process makes them: no name for other nodes. */
function ratesPlaceOf(nsp: Namespace, scope: string | undefined): string {
  return scope ?? (isParent(nsp) ? '*' : nsp.name)
}

function checkAccess({ authenticate, access }: { authenticate?: unknown; access?: unknown }): void {
  if (process.env.NODE_ENV !== 'production') return
  if (authenticate !== undefined || access === 'open') return
  throw new NotificationsError(
    'ACCESS_UNDECIDED',
    'attachNotifications: in production say who may connect. Give authenticate: (socket) => user, ' +
      "or access: 'open' if anybody may claim any identity",
  )
}

/** To let everybody do everything may be meant, and more often it was not thought of. */
function warnIfUnguarded(
  { authorize, policies, access }: { authorize?: unknown; policies?: unknown; access?: unknown },
  warn: (message: string) => void,
): void {
  const isOpen = authorize === undefined && policies === undefined && access !== 'open'
  if (process.env.NODE_ENV !== 'production' || !isOpen) return
  warn(
    'Every user may join every channel, send to it, and broadcast: give authorize or policies, see SECURITY.md',
  )
}

/** Only what was given: an absent hook costs nothing. */
function hooksOf(
  { authenticate, authorize, validate, visible }: NotificationsOptions,
  kinds: Resolved['kinds'],
): Shared['hooks'] {
  return {
    ...(kinds === undefined ? {} : { kinds }),
    ...(authenticate === undefined
      ? {}
      : {
          authenticate: (socket: Socket, renewal) => authenticate(socket, renewal ?? socket.handshake.auth),
        }),
    ...(authorize === undefined ? {} : { authorize: (request) => authorize(request) }),
    ...(validate === undefined ? {} : { validate: (request) => validate(request) }),
    ...(visible === undefined ? {} : { visible: (user, names) => visible(user, names) }),
  }
}

const ENGINE_DEFAULTS = { pingInterval: 25_000, pingTimeout: 20_000 }

function heartbeatOf(nsp: Namespace): { pingIntervalMs: number; pingTimeoutMs: number } {
  const { pingInterval, pingTimeout } = { ...ENGINE_DEFAULTS, ...nsp.server._opts }
  return { pingIntervalMs: pingInterval, pingTimeoutMs: pingTimeout }
}

/** An adapter may be set after the attachment: too late to throw, not too late to say. */
function warnIfSplit(nsp: Namespace, store: NotificationStore, say: (message: string) => void): void {
  if (store.shared || warned.has(nsp) || !spansNodes(nsp)) return
  warned.add(nsp)
  say(NOT_SHARED_SENTENCE)
}

const warned = new WeakSet<Namespace>()
