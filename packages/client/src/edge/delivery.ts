import {
  BROADCAST_STREAM,
  type ChannelJoined,
  type ConnectionConfirmed,
  channelOf,
  isStreamName,
  type NotificationReceived,
  type NotificationsBatch,
  type StreamName,
  type StreamReset,
  USER_STREAM,
} from '@carillon/protocol'
import type { PositionBook } from '../rules/positions.ts'
import type { Channels } from './channels.ts'
import type { Emitter } from './emitter.ts'
import type { ClientEvents } from './surface.ts'

/** What came for the application: each notification once and in order, and where some of them are lost. */
export interface Delivery {
  onNotification(notification: NotificationReceived): void
  onBatch(batch: NotificationsBatch): void
  onReset(reset: StreamReset): void
  /** Tells what was lost of the streams that nobody joins. */
  onConfirmed(confirmed: Partial<ConnectionConfirmed>): void
  tellReset(stream: StreamName, recovery: Recovery): void
}

type Recovery = Pick<ChannelJoined, 'epoch' | 'reason'>

interface DeliveryParts {
  readonly positions: PositionBook
  readonly channels: Channels
  readonly emitter: Emitter<ClientEvents>
  readonly isClosed: () => boolean
  /** A position has moved. */
  readonly onTaken: () => void
  readonly keep: () => void
}

export function createDelivery(parts: DeliveryParts): Delivery {
  const { positions, channels, emitter, isClosed, onTaken, keep } = parts

  /** The channel of a stream that something is wanted of, `null` for the two that are none. */
  function wantedOn(stream: unknown): string | null | undefined {
    if (isClosed() || typeof stream !== 'string' || !isStreamName(stream)) return undefined
    const channel = channelOf(stream)
    return channel === null || channels.isWanted(channel) ? channel : undefined
  }

  function hand(channel: string | null, notification: NotificationReceived): void {
    if (!positions.take(notification.stream, notification)) return
    onTaken()
    emitter.emit('notification', notification)
    if (channel !== null) channels.hand(channel, notification)
  }

  function onNotification(notification: NotificationReceived): void {
    const channel = wantedOn(notification.stream)
    if (channel === undefined) return
    hand(channel, notification)
    keep()
  }

  function onBatch({ items, upTo, ...shared }: NotificationsBatch): void {
    const channel = wantedOn(shared.stream)
    if (channel === undefined || !Array.isArray(items)) return
    for (const item of items) {
      hand(channel, { ...item, ...shared, channel })
      // Whoever heard it may have left the channel, or closed.
      if (wantedOn(shared.stream) === undefined) return
    }
    positions.onCovered(shared.stream, shared.epoch, upTo)
    keep()
  }

  function onReset(reset: StreamReset): void {
    const channel = wantedOn(reset.stream)
    if (channel === undefined) return
    positions.onReset(reset.stream, reset)
    tellReset(reset.stream, reset)
    keep()
  }

  function tellReset(stream: StreamName, { epoch, reason }: Recovery): void {
    const channel = channelOf(stream)
    const reset = { stream, channel, epoch, reason: reason ?? 'epoch' } as const
    emitter.emit('reset', reset)
    if (channel !== null) channels.onReset(channel, reset)
  }

  function onConfirmed({ streams: { b, u } = {} }: Partial<ConnectionConfirmed>): void {
    if (b?.recovered === false) tellReset(BROADCAST_STREAM, b)
    if (u?.recovered === false) tellReset(USER_STREAM, u)
  }

  return { onNotification, onBatch, onReset, onConfirmed, tellReset }
}
