import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject } from './json.ts'
import type { HistoryPage, NotificationReceived } from './payloads.ts'
import type { NotificationInput } from './requests.ts'

/**
 * A schema for the `data` of each kind of notification, of any library that speaks Standard Schema: zod, valibot,
 * arktype and others. What a schema makes of the data has to be a JSON object, or nothing.
 *
 * `Kinds` itself, without names, stands for kinds that nobody has declared: every type below is then what it is
 * without kinds.
 */
export type Kinds = { readonly [kind: string]: StandardSchemaV1<unknown, object | null | undefined> }

/** Names of the kinds. */
export type KindOf<K extends Kinds> = keyof K & string

/** The `data` of a kind as its schema makes them: what is stored, and what everybody gets. */
export type DataOf<K extends Kinds, Kind extends KindOf<K>> = NullIfAbsent<
  StandardSchemaV1.InferOutput<K[Kind]>
>

/** The `data` of a kind as its schema takes them. */
export type DataInputOf<K extends Kinds, Kind extends KindOf<K>> = Exclude<
  StandardSchemaV1.InferInput<K[Kind]>,
  // Stands for an absent field in every request: a schema never gets it.
  null
>

/**
 * A notification as an application gets it. With declared kinds it is a union that `kind` tells apart, so that
 * `if (notification.kind === 'order.created')` knows the data.
 */
export type NotificationOf<K extends Kinds> = string extends keyof K
  ? NotificationReceived
  : Kindless<NotificationReceived> | OneOf<K, Omit<NotificationReceived, 'kind' | 'data'>>

/** A page of history whose items are told apart in the same way. */
export type HistoryPageOf<K extends Kinds> = string extends keyof K
  ? HistoryPage
  : Omit<HistoryPage, 'items'> & { items: NotificationOf<K>[] }

/** What is sent. With declared kinds `data` has to be what the schema of its `kind` takes. */
export type NotificationInputOf<K extends Kinds> = string extends keyof K
  ? NotificationInput
  : KindlessInput | InputOfOne<K, Omit<NotificationInput, 'kind' | 'data'>>

type Kindless<Notification> = Omit<Notification, 'kind' | 'data'> & {
  kind?: undefined
  data: JsonObject | null
}

type OneOf<K extends Kinds, Rest> = {
  [Kind in KindOf<K>]: Rest & { kind: Kind; data: DataOf<K, Kind> }
}[KindOf<K>]

type KindlessInput = Omit<NotificationInput, 'kind'> & { kind?: null | undefined }

type InputOfOne<K extends Kinds, Rest> = {
  [Kind in KindOf<K>]: Rest & { kind: Kind } & DataField<DataInputOf<K, Kind>>
}[KindOf<K>]

type DataField<Data> = undefined extends Data ? { data?: Data | null } : { data: Data }

/** On the wire there is no `undefined`. */
type NullIfAbsent<Data> = undefined extends Data ? Exclude<Data, undefined> | null : Data
