import type { Namespace } from 'socket.io'
import { NotificationsError } from './errors.ts'

/** Namespaces that are served: a second attachment would answer every request twice. */
const occupied = new WeakSet<Namespace>()

export function occupy(nsp: Namespace): void {
  if (!occupied.has(nsp)) {
    occupied.add(nsp)
    return
  }
  const message = `attachNotifications: the namespace "${nsp.name}" has notifications already; close() them first`
  throw new NotificationsError('ALREADY_ATTACHED', message)
}

export function isOccupied(nsp: Namespace): boolean {
  return occupied.has(nsp)
}

export function vacate(nsp: Namespace): void {
  occupied.delete(nsp)
}
