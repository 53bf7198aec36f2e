import type { Namespace, Socket } from 'socket.io'
import type { Core } from '../flows/core.ts'
import { hostSendsSubmitted } from '../flows/host-send.ts'
import { type Attachment, createAttachment, type Shared } from './attachment.ts'
import { NotificationsError } from './errors.ts'
import type { Farewell } from './farewell.ts'
import { isOccupied } from './occupied.ts'

/** The namespaces that one call serves. */
export interface Members {
  serve(socket: Socket): void
  /** Ends a connection that sends too much. */
  cutOff(conn: Socket['conn']): void
  /** Namespaces that have our listener, or need it: of a family also the children that exist. */
  places(): readonly Namespace[]
  /** The core that the handle itself speaks of. */
  main(): Core
  of(name: string): Core
  stop(farewell?: Farewell): Promise<void>
}

/**
 * A dynamic namespace: each child has streams and an attachment of its own, made on first need and freed when
 * nobody is left.
 */
export function createFamily(shared: Shared, parent: Namespace, scope: string | undefined): Members {
  const attachments = new Map<string, Attachment>()
  let isClosed = false

  function attachmentOf(name: string, nsp: Namespace | null): Attachment {
    const known = attachments.get(name)
    if (known !== undefined) return known
    const attachment = createAttachment(shared, (scope ?? '') + name, nsp, () => void free(name))
    attachments.set(name, attachment)
    return attachment
  }

  /** Sends and cursors that are under way keep it, and so does somebody who comes back meanwhile. */
  async function free(name: string): Promise<void> {
    const attachment = attachments.get(name)
    if (attachment === undefined) return
    const { core } = attachment
    await hostSendsSubmitted(core)
    await core.appender.idle()
    await core.cursors.flush()
    // A send that came meanwhile frees it by itself.
    if (attachment.isServing() || core.hostLanes.size > 0 || attachments.get(name) !== attachment) return
    attachments.delete(name)
    await attachment.stop()
  }

  return {
    serve(socket) {
      // A child that the host has attached by itself is not ours.
      if (!isOccupied(socket.nsp)) attachmentOf(socket.nsp.name, socket.nsp).serve(socket)
    },
    cutOff(conn) {
      for (const attachment of attachments.values()) attachment.cutOff(conn)
    },
    places: () => [parent, ...childrenOf(parent)],
    main() {
      const message = 'a dynamic namespace is a family: say which one, notifications.of("/name").send(…)'
      throw new NotificationsError('NAMESPACE_REQUIRED', message)
    },
    of(name) {
      if (isClosed) throw new NotificationsError('CLOSED', `of("${name}"): these notifications were closed`)
      const attachment = attachmentOf(name, null)
      // Nobody may ever connect to it: what was made for one send goes with it.
      if (!attachment.isServing()) queueMicrotask(() => void free(name))
      return attachment.core
    },
    async stop(farewell) {
      isClosed = true
      await Promise.all([...attachments.values()].map((attachment) => attachment.stop(farewell)))
      attachments.clear()
    },
  }
}

/** Socket.IO lists the children of a dynamic namespace, but its types keep the list to themselves. */
function childrenOf(parent: Namespace): Namespace[] {
  const children: unknown = Reflect.get(parent, 'children')
  return children instanceof Set ? [...children] : []
}
