import { channelStream } from '@carillon/protocol'
import type { CursorSight, Place } from '../history.ts'
import { openStore, type StorePlace } from '../stores.ts'

/** Looks at cursors in the store itself, past every node, and remembers what it saw. */
export interface Lookout {
  readonly sights: readonly CursorSight[]
  /** The cursor of a user, or of a device, as it is now. */
  look(user: string, channel: string, device?: string): Promise<Place | null>
  close(): Promise<void>
}

export function startLookout(place: StorePlace): Lookout {
  const store = openStore(place)
  const sights: CursorSight[] = []
  return {
    sights,
    async look(user, channel, device) {
      const stream = { scope: '/', kind: 'channel', name: channel } as const
      const subscriber = { user, device: device ?? null }
      const [cursor] = await store.cursors([{ subscriber, stream, start: null }])
      if (cursor == null) return null
      const whose = device === undefined ? user : `${user}/${device}`
      sights.push({ subscriber: whose, stream: channelStream(channel), ...cursor })
      return cursor
    },
    close: () => store.close(),
  }
}
