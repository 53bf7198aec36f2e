import type { Namespace } from 'socket.io'

/**
 * Whether the adapter spans several nodes: all of those send between servers, so they replace the method that
 * the in-memory adapter only has as a warning. (`instanceof` fails with a second copy of the package.)
 */
export function spansNodes(nsp: Namespace): boolean {
  let definitions = 0
  for (let level: unknown = nsp.adapter; isObject(level); level = Object.getPrototypeOf(level)) {
    if (Object.hasOwn(level, 'serverSideEmit')) definitions += 1
  }
  return definitions > 1
}

export const NOT_SHARED_SENTENCE =
  'the memory store lives in one process, but the adapter of this Socket.IO server spans several nodes: ' +
  'notifications would be lost between them. Give attachNotifications a shared store ' +
  '(store: a PostgreSQL or Redis store), or remove the adapter'

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
