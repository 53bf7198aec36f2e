import { describe, expect, test } from 'vitest'
import { checkInterleavings } from './interleavings.ts'
import { ServerEvent } from './world.ts'

describe('the join seam, over random interleavings with slow hooks and a slow store', () => {
  test('[G1] [G2] [G3] loses, doubles and reorders nothing, and counts what follows', async () => {
    await checkInterleavings(2_000)
  }, 60_000)

  test('[G2] catches a build that enters the room after a wait', async () => {
    const broken = checkInterleavings(1_000, {
      wire: (wire) => ({
        ...wire,
        enter(peer, room) {
          void wire.drained(peer).then(() => wire.enter(peer, room))
        },
      }),
    })
    await expect(broken).rejects.toThrow(/\[G\d\]|pendingCount/)
  }, 60_000)

  test('[G3] catches a build that enters the room before the confirmation', async () => {
    const broken = checkInterleavings(1_000, {
      wire: (wire) => ({
        ...wire,
        emit(peer, event, payload) {
          wire.emit(peer, event, payload)
          // As if the feed were live from the moment at which the connection is.
          if (event === ServerEvent.ConnectionConfirmed) wire.enter(peer, 'carillon:c:devops')
        },
      }),
    })
    await expect(broken).rejects.toThrow(/\[G\d\]|pendingCount/)
  }, 60_000)

  test('[G2] catches a store that forgets an item of a page without saying so', async () => {
    const broken = checkInterleavings(1_000, {
      store: (store) => ({
        ...store,
        async read(stream, query) {
          const page = await store.read(stream, query)
          return { ...page, items: page.items.slice(0, -1) }
        },
      }),
    })
    await expect(broken).rejects.toThrow()
  }, 60_000)
})
