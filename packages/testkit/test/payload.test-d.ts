import type { ChannelJoined } from '@carillon/protocol'
import { expectTypeOf, test } from 'vitest'
import type { StockClient } from '../src/index.ts'

test('[TK4] a payload has the type of its event, an event of the host has none', () => {
  const client = {} as StockClient
  expectTypeOf(client.next('channel-joined')).resolves.toEqualTypeOf<ChannelJoined>()
  expectTypeOf(client.all('chat message')).toEqualTypeOf<unknown[]>()
  // @ts-expect-error a joined channel has no title
  void client.next('channel-joined', (joined) => joined.title === '')
})
