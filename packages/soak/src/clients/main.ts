import type { NotificationReceived } from '@carillon/client'
import { type Census, countAlive } from '../process/census.ts'
import { ordersOf, serveCommands } from '../process/commands.ts'
import { type Memory, measure } from '../process/memory.ts'
import { createReplayReader, type Progress, type ReaderKind } from './replay.ts'
import { type Residents, settle } from './residents.ts'
import { type Browsers, visit } from './visits.ts'

/** What the process of the clients is told at its start. */
export interface ClientOrders {
  readonly url: string
  /** How much faster its time goes. */
  readonly speed: number
  /** The application keeps every notification: a leak on purpose, to see that it is found. */
  readonly leaks: boolean
}

export interface ClientCommands {
  /** Lets those move in who stay. Resolves to how many they are. */
  settle(): Promise<number>
  /** So many visits, a few at a time. */
  visit(from: number, count: number): Promise<void>
  leave(): void
  measure(): Promise<Memory>
  census(): Promise<Census>
  /** Joins a channel and goes away: what is sent from now on waits. */
  subscribe(kind: ReaderKind, channel: string): Promise<void>
  comeBack(kind: ReaderKind, channel: string): Promise<void>
  progress(): Progress
  goAway(): void
}

/** Records of the product that must not outlive their reason. A test sees that all of them are found. */
const SHAPES = {
  'places on streams': ['epoch', 'last', 'since', 'former'],
  subscriptions: ['state', 'clientCount', 'pendingCount', 'leave'],
}

const AT_A_TIME = 16

const { url, leaks } = ordersOf<ClientOrders>()

const kept: NotificationReceived[] = []
const browsers: Browsers = new Map()
const reader = createReplayReader(url, leaks ? kept : null)
let residents: Residents | undefined

async function visitAll(from: number, count: number): Promise<void> {
  if (residents === undefined) throw new Error('nobody has moved in')
  const world = { url, host: residents.host, browsers }
  let n = from
  const lane = async (): Promise<void> => {
    while (n < from + count) {
      const mine = n++
      await visit(world, mine)
    }
  }
  const stir = async (): Promise<void> => {
    for (let at = from; at < from + count; at += 20) await residents?.stir(at / 20)
  }
  await Promise.all([stir(), ...Array.from({ length: AT_A_TIME }, lane)])
}

serveCommands<ClientCommands>({
  async settle() {
    residents = await settle(url, (notification) => {
      if (leaks) kept.push(notification)
    })
    return residents.count
  },
  visit: visitAll,
  leave() {
    residents?.leave()
    residents = undefined
  },
  measure,
  census: () => countAlive(SHAPES),
  subscribe: reader.subscribe,
  comeBack: reader.comeBack,
  progress: reader.progress,
  goAway: reader.leave,
})
