import type { Namespace } from 'socket.io'
import { createAttachment, type Shared } from './attachment.ts'
import { NotificationsError } from './errors.ts'
import type { Members } from './family.ts'

/** One namespace, one attachment. */
export function createSingle(shared: Shared, nsp: Namespace, scope: string | undefined): Members {
  const attachment = createAttachment(shared, scope ?? nsp.name, nsp, () => undefined)
  return {
    serve: attachment.serve,
    cutOff: attachment.cutOff,
    places: () => [nsp],
    main: () => attachment.core,
    of(name) {
      if (name === nsp.name) return attachment.core
      const message = `of("${name}"): these notifications are attached to the namespace "${nsp.name}" alone`
      throw new NotificationsError('NOT_A_FAMILY', message)
    },
    stop: attachment.stop,
  }
}
