import { ClientEvent } from '@carillon/protocol'
import { createFaultProxy, until } from '@carillon/testkit'
import { io } from 'socket.io-client'
import type { Holding } from '../history.ts'
import type { NodeOrders } from '../node/main.ts'
import { judge } from '../stage/ending.ts'
import { type PacedSender, startPaced } from '../stage/paced-sender.ts'
import { readTyped } from '../stage/readers.ts'
import { startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import { TENACIOUS } from '../stage/tenacity.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface QueuePlan {
  readonly times: number
  readonly breaks?: NodeOrders['breaks']
}

const CHANNEL = 'devops'
const STEP_MS = 20_000
const CALLS = 100
/** What a bounded client may hold, and how much more it is given. */
const BOUND = { waiting: 50, calls: 80 }

/** R53: an application sends while it reconnects: as much as may wait goes out, in order, and the rest is told at once. */
export function offlineSends(place: StorePlace, { times, breaks }: QueuePlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const service = stage.add(await startService({ store: place, breaks }))
    const proxy = stage.add(await createFaultProxy(() => ({ port: service.port() })))
    const url = `http://127.0.0.1:${proxy.port}`
    const watcher = stage.add(
      await readTyped({ url: `http://127.0.0.1:${service.port()}`, user: 'alice' }, CHANNEL),
    )
    const free = stage.add(startPaced(url, 'free', CHANNEL))
    const bounded = stage.add(startPaced(url, 'bounded', CHANNEL, { maxWaiting: BOUND.waiting }))
    const senders = [free, bounded]
    const isConnected = ({ client }: PacedSender): boolean => client.status === 'connected'
    for (let n = 0; n < times; n++) {
      await until(() => senders.every(isConnected), 'both are connected', STEP_MS)
      proxy.set({ isRefusing: true })
      proxy.cutAll('rst')
      await until(() => !senders.some(isConnected), 'both reconnect', STEP_MS)
      const waiting = [
        ...Array.from({ length: CALLS }, () => free.send()),
        ...Array.from({ length: BOUND.calls }, () => bounded.send()),
      ]
      proxy.heal()
      await Promise.all(waiting)
    }
    const refused = bounded.sends.filter(({ outcome }) => outcome.kind === 'refused').length
    const holdings: Holding[] = [
      {
        what: 'sends that waited beyond the bound',
        before: 0,
        after: (BOUND.calls - BOUND.waiting) * times - refused,
        slack: 0,
      },
    ]
    return judge({
      place,
      channels: [CHANNEL],
      readers: [watcher],
      senders,
      services: [service],
      history: { holdings },
      facts: { outages: times, queuedAtOnce: CALLS, refusedAtTheBound: refused },
    })
  })
}

export interface PoisonPlan {
  readonly times: number
  /** By a stock client, which does not look at what it sends. @default false */
  readonly isUnchecked?: boolean
}

/** More than a node takes in one message; such a message would end the connection, and again with every attempt. */
const POISON = 'x'.repeat(1_100_000)

/** R54: an application sends something far too large between others, which go through unharmed. */
export function poison(place: StorePlace, { times, isUnchecked = false }: PoisonPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const service = stage.add(await startService({ store: place }))
    const url = `http://127.0.0.1:${service.port()}`
    const watcher = stage.add(await readTyped({ url, user: 'alice' }, CHANNEL))
    const socket = io(url, { ...TENACIOUS, transports: ['websocket'], auth: { user_id: 'bob' } })
    stage.add({ close: () => void socket.disconnect() })
    const sender = stage.add(startPaced(url, 'bob', CHANNEL))
    let losses = 0
    let refused = 0
    socket.on('disconnect', () => {
      losses += 1
    })
    sender.client.on('status', (status) => {
      if (status === 'reconnecting') losses += 1
    })
    await until(() => socket.connected && sender.client.status === 'connected', 'both are connected', STEP_MS)
    for (let n = 0; n < times; n++) {
      const before = sender.send()
      const poisoned = { channel: CHANNEL, title: 'poison', message: POISON }
      if (isUnchecked) socket.emit(ClientEvent.SendNotification, poisoned)
      else refused += await isRefusedUnsent(sender, poisoned)
      const after = sender.send()
      await Promise.all([before, after])
      if (isUnchecked) await until(() => losses > n, 'the connection ends', STEP_MS)
      await until(() => socket.connected, 'the connection is there', STEP_MS)
    }
    const holdings: Holding[] = [
      { what: 'connections that broke', before: 0, after: losses, slack: 0 },
      { what: 'poison that was not refused before it left', before: 0, after: times - refused, slack: 0 },
    ]
    return judge({
      place,
      channels: [CHANNEL],
      readers: [watcher],
      senders: [sender],
      services: [service],
      history: { holdings },
      facts: { poisoned: times, refused, neighbours: sender.sends.length },
    })
  })
}

async function isRefusedUnsent(
  { client }: PacedSender,
  notification: { channel: string; title: string; message: string },
) {
  try {
    await client.sendNotification(notification)
    return 0
  } catch (error) {
    const isSo = error instanceof Object && 'code' in error && 'outcome' in error
    return isSo && error.code === 'field-too-long' && error.outcome === 'unsent' ? 1 : 0
  }
}
