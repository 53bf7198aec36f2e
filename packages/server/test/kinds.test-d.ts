import type { JsonObject } from '@carillon/protocol'
import { type } from 'arktype'
import type { Server } from 'socket.io'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  attachNotifications,
  type NotificationsHandle,
  type NotificationsOptions,
  type ValidationRequest,
} from '../src/index.ts'

declare const io: Server

/** One kind of each library, and what makes input and output differ. */
const kinds = {
  'order.created': z.object({ ref: z.string(), items: z.number().default(1) }),
  'order.shipped': type({ ref: 'string', 'carrier?': "'post' | 'bike'" }),
  'user.renamed': v.object({ from: v.string(), to: v.string() }),
  'price.changed': z.object({ cents: z.string().transform(Number) }),
  'stock.counted': z.object({ sku: z.string() }).refine(async ({ sku }) => sku !== ''),
  'shop.closed': z.object({ until: z.string() }).optional(),
}

const handle = attachNotifications(io, { kinds })
const FINE = { title: 't', message: 'm' }

test('[P-KIND] the host sends what the schema of the kind takes', () => {
  void handle.send({ ...FINE, channel: 'orders', kind: 'order.created', data: { ref: 'a', items: 2 } })
  // What has a default may be left out; a transform takes what it is made from.
  void handle.send({ ...FINE, kind: 'order.created', data: { ref: 'a' }, sender: 'Shop' })
  void handle.send({ ...FINE, kind: 'price.changed', data: { cents: '100' } })
  void handle.send({ ...FINE, kind: 'order.shipped', data: { ref: 'a', carrier: 'bike' } })
  void handle.send({ ...FINE, kind: 'user.renamed', data: { from: 'a', to: 'b' } })
  void handle.send({ ...FINE, kind: 'stock.counted', data: { sku: 'a' } })
  void handle.send({ ...FINE, kind: 'shop.closed' })
  void handle.send({ ...FINE, kind: 'shop.closed', data: null })
  void handle.send({ ...FINE, kind: 'shop.closed', data: { until: 'monday' } })
  void handle.of('/shop').send({ ...FINE, kind: 'order.created', data: { ref: 'a' } })
})

test('[P-KIND] without a kind data are free', () => {
  void handle.send(FINE)
  void handle.send({ ...FINE, kind: null, data: { anything: [1] } })
  void handle.send({ ...FINE, to: { user: 'bob' }, data: null })
})

test('[P-KIND] what does not fit its kind does not compile', () => {
  // @ts-expect-error there is no kind of this name
  void handle.send({ ...FINE, kind: 'order.lost', data: { ref: 'a' } })
  // @ts-expect-error a reference is a string
  void handle.send({ ...FINE, kind: 'order.created', data: { ref: 7 } })
  // @ts-expect-error a reference is obligatory
  void handle.send({ ...FINE, kind: 'order.created', data: {} })
  // @ts-expect-error its data are obligatory
  void handle.send({ ...FINE, kind: 'order.created' })
  // @ts-expect-error null stands for absent
  void handle.send({ ...FINE, kind: 'order.created', data: null })
  // @ts-expect-error the transform takes text
  void handle.send({ ...FINE, kind: 'price.changed', data: { cents: 100 } })
  // @ts-expect-error there is no carrier of this name
  void handle.send({ ...FINE, kind: 'order.shipped', data: { ref: 'a', carrier: 'pigeon' } })
  // @ts-expect-error these are the data of another kind
  void handle.send({ ...FINE, kind: 'user.renamed', data: { ref: 'a' } })
  // @ts-expect-error data are an object
  void handle.send({ ...FINE, data: [1] })
  // @ts-expect-error the other fields are checked as ever
  void handle.send({ title: 't', kind: 'order.created', data: { ref: 'a' } })
  // @ts-expect-error a namespace of a family has the same kinds
  void handle.of('/shop').send({ ...FINE, kind: 'order.lost' })
})

test('[P-KIND] validate gets what the schema made, told apart by its kind', () => {
  attachNotifications(io, {
    kinds,
    validate(request) {
      if (request.kind === 'order.created') {
        expectTypeOf(request.data).toEqualTypeOf<{ ref: string; items: number }>()
        return request.data.items > 9 ? 'Too many' : undefined
      }
      if (request.kind === 'price.changed') expectTypeOf(request.data.cents).toEqualTypeOf<number>()
      if (request.kind === 'shop.closed') {
        expectTypeOf(request.data).toEqualTypeOf<{ until: string } | null>()
      }
      if (request.kind === null) expectTypeOf(request.data).toEqualTypeOf<JsonObject | null>()
      expectTypeOf(request.title).toEqualTypeOf<string>()
      // @ts-expect-error there is no kind of this name
      return request.kind === 'order.lost' ? 'no' : undefined
    },
  })
})

test('[P-KIND] without declared kinds everything is as it was', () => {
  const free = attachNotifications(io, {
    validate(request) {
      expectTypeOf(request).toEqualTypeOf<ValidationRequest>()
      return undefined
    },
  })
  expectTypeOf(free).toEqualTypeOf<NotificationsHandle>()
  void free.send({ ...FINE, kind: 'whatever', data: { any: 'thing' } })
  const options: NotificationsOptions = { kinds, log: false }
  expectTypeOf(attachNotifications(io, options)).toEqualTypeOf<NotificationsHandle>()
})

test('[P-KIND] only a schema for an object can be the schema of a kind', () => {
  // @ts-expect-error no schema at all
  attachNotifications(io, { kinds: { a: { parse: () => ({}) } } })
  // @ts-expect-error data are an object
  attachNotifications(io, { kinds: { a: z.string() } })
  // @ts-expect-error data are an object, whatever the library
  attachNotifications(io, { kinds: { a: type('string') } })
  // @ts-expect-error no function of the host
  attachNotifications(io, { kinds: { a: (data: unknown) => data } })
})
