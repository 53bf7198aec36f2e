import type { StreamName } from '@carillon/protocol'
import type { Shelf } from '../rules/positions.ts'
import { readIdentity, readPosition, readSends, type SavedSend } from '../rules/saved.ts'
import { randomId } from './random.ts'
import type { SafeStorage } from './storage.ts'
import { hasPage } from './wake.ts'

/** Who the client is, and what it leaves of that for the page after this one. */
export interface Locker extends Shelf {
  readonly clientId: string
  /** The first handshake is going to name this user: what the page before left is ours. Later calls do nothing. */
  open(user: string | null): void
  /**
   * The server says who we are.
   *
   * @returns whether it said the same before, or nothing yet
   */
  confirm(user: string | null): boolean
  /** `undefined` before it is opened. */
  sends(): SavedSend[] | undefined
  keepSends(sends: readonly SavedSend[]): void
  /** The page goes, or comes back from the browser's cache. */
  onPage(isHere: boolean): void
  close(): void
}

/**
 * A browser copies the storage of a tab that is duplicated. So a page notes that it is here and takes the note back
 * when it goes; one that finds a note looks at a copy, and takes an id of its own. (Or the page before it crashed:
 * that looks the same.) It keeps the positions, for they are where the copied page stood: both go on from there.
 * Only where sends wait the id stays, for by it a server knows their keys again: both pages send them, and each
 * becomes one notification.
 *
 * @param storage `null` keeps everything in memory
 * @param place what tells this server and namespace from others
 */
export function createLocker(storage: SafeStorage | null, place: string): Locker {
  let clientId = randomId()
  /** What our keys begin with. */
  let prefix = ''
  /** The storage, as long as we know of the user and are not closed. */
  let opened: SafeStorage | null = null
  let user: unknown

  const read = (name: string): unknown => opened?.read(prefix + name)
  const write = (name: string, value: unknown): void => opened?.write(prefix + name, value)
  const sends = (): SavedSend[] | undefined => (opened === null ? undefined : readSends(read('sends')))
  const sign = (isHere: boolean): void => write('id', { id: clientId, user, isBusy: isHere && hasPage() })

  return {
    get clientId() {
      return clientId
    },
    open(name) {
      if (prefix !== '') return
      prefix = `carillon:${place}:${JSON.stringify(name)}`
      if (storage === null) return
      opened = storage
      prefix = storage.claim(prefix)
      const known = readIdentity(read('id'))
      user = known?.user
      if (known !== null && (!known.isBusy || sends()?.length)) clientId = known.id
      sign(true)
    },
    confirm(name) {
      const isSame = user === undefined || user === name
      user = name
      sign(true)
      return isSame
    },
    read: (stream) => readPosition(read(stream), user),
    write(stream: StreamName, position) {
      // Whose it is, nobody knows before the first confirmation.
      if (user !== undefined) write(stream, position === null ? undefined : { ...position, user })
    },
    sends,
    keepSends: (kept) => write('sends', kept.length > 0 ? kept : undefined),
    onPage: sign,
    close() {
      sign(false)
      opened?.release(prefix)
      opened = null
    },
  }
}
