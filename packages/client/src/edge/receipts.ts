import { LIMITS, type Positions, type StreamName } from '@carillon/protocol'
import type { PositionBook } from '../rules/positions.ts'

/** Tells the server how far the application was served, so that other tabs and later visits start there. */
export interface Receipts {
  onMoved(): void
  /** The connection is confirmed; guests have no cursor that could move. */
  onReady(isUser: boolean): void
  onDropped(): void
  /**
   * What moved goes out now, if there is a connection.
   *
   * @param isLast nothing comes after it: somebody waits until it has arrived
   */
  flush(isLast?: boolean): void
}

const INTERVAL_MS = 1_000

export function createReceipts(
  book: Pick<PositionBook, 'takeMoved' | 'hasMoved' | 'putBack'>,
  isHeld: (stream: StreamName) => boolean,
  send: (positions: Positions, isLast: boolean) => void,
): Receipts {
  let isOpen = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let last: Positions = {}

  function schedule(): void {
    if (isOpen && timer === undefined && book.hasMoved()) timer = setTimeout(() => flush(), INTERVAL_MS)
  }
  function flush(isLast = false): void {
    clearTimeout(timer)
    timer = undefined
    if (!isOpen) return
    const positions = book.takeMoved(LIMITS.positionsPerRequest, isHeld)
    if (Object.keys(positions).length > 0) {
      last = { ...(isLast ? last : {}), ...positions }
      send(positions, isLast)
      // Nothing comes after it, so everything goes now, however many requests it takes.
      if (isLast) flush(true)
    }
    schedule()
  }

  return {
    onMoved: schedule,
    onReady(isUser) {
      isOpen = isUser
      schedule()
    },
    onDropped() {
      isOpen = false
      clearTimeout(timer)
      timer = undefined
      // The last ones may have gone down with the connection; telling them twice is harmless.
      book.putBack(last)
      last = {}
    },
    flush,
  }
}
