import type { ClientStorage, NotificationsClient } from '@carillon/client'
import { ClientEvent, ServerEvent } from '@carillon/protocol'
import {
  borrowed,
  cut,
  joinStock,
  next,
  received,
  reconnected,
  sendStock,
  stock,
  typed,
} from './connections.ts'
import { createStorage } from './storage.ts'

/** What visitors have in common. */
export interface World {
  readonly url: string
  /** Somebody who is always there, to send to those who are away. */
  readonly host: NotificationsClient
  /** What the browsers of people who come back have kept. */
  readonly browsers: Browsers
}

/** A browser for each user who comes back, and whether somebody sits at it. */
export type Browsers = Map<string, { readonly storage: ClientStorage; isBusy: boolean }>

type Visit = (world: World, n: number) => Promise<void>

const LOBBY = 'lobby'
const ROOMS = 40
const REGULARS = 200

/** Comes back now and then, on the same page: goes on where it stopped. */
const regular: Visit = async (world, n) => {
  const user = `regular-${n % REGULARS}`
  const browser = browserOf(world, user)
  if (browser.isBusy) return
  browser.isBusy = true
  const client = typed(world.url, user, { storage: browser.storage })
  try {
    const room = `room-${n % ROOMS}`
    const [, inRoom] = await Promise.all([client.joinChannel(LOBBY), client.joinChannel(room)])
    const heard = received(client, `regular-${n}`)
    await client.sendNotification({ channel: room, title: `regular-${n}`, message: 'm', data: { n } })
    await heard
    if (n % 3 === 0) await inRoom.leave()
    if (n % 5 === 0) await Promise.all([client.stats(), client.channels()])
  } finally {
    client.close()
    browser.isBusy = false
  }
}

/** Comes once and never again, and does not say goodbye. */
const passerBy: Visit = async ({ url }, n) => {
  const client = typed(url, `once-${n}`)
  try {
    await client.joinChannel(LOBBY)
    await client.sendNotification({ channel: LOBBY, title: `once-${n}`, message: 'm', ttl: 60 })
  } finally {
    client.close()
  }
}

/** A stock client that does everything and leaves. */
const guest: Visit = async ({ url }, n) => {
  const socket = stock(url, `guest-${n}`, {}, n % 2 === 0 ? ['websocket'] : ['polling', 'websocket'])
  try {
    await joinStock(socket, `room-${n % ROOMS}`)
    await sendStock(socket, `room-${n % ROOMS}`, `guest-${n}`)
    const left = next(socket, ServerEvent.ChannelLeft)
    socket.emit(ClientEvent.LeaveChannel, `room-${n % ROOMS}`)
    await left
  } finally {
    socket.disconnect()
  }
}

/** One of the devices of a stock user, whose network is gone from one moment to the next. */
const device: Visit = async ({ url }, n) => {
  const socket = stock(url, `owner-${n % 50}`, { device_id: `device-${n % 150}` })
  socket.io.reconnection(false)
  try {
    await joinStock(socket, `room-${n % ROOMS}`)
    await sendStock(socket, LOBBY, `device-${n}`)
  } finally {
    cut(socket)
    socket.disconnect()
  }
}

/** A channel that two people use once. */
const rendezvous: Visit = async ({ url }, n) => {
  const channel = `rendezvous-${n}`
  const [alice, bruno] = [typed(url, `alice-${n % 100}`), typed(url, `bruno-${n % 100}`)]
  try {
    await Promise.all([alice.joinChannel(channel), bruno.joinChannel(channel)])
    const heard = received(bruno, channel)
    await alice.sendNotification({ channel, title: channel, message: 'm' })
    await heard
    if (n % 2 === 0) await alice.leaveChannel(channel)
  } finally {
    alice.close()
    bruno.close()
  }
}

/** Is cut off, misses something, and is brought up to date. */
const returner: Visit = async ({ url, host }, n) => {
  const { client, socket } = borrowed(url, `returner-${n % 100}`)
  try {
    const channel = `tunnel-${n % ROOMS}`
    await client.joinChannel(channel)
    const heard = received(client, `returner-${n}`)
    cut(socket)
    await host.sendNotification({ channel, title: `returner-${n}`, message: 'm' })
    await heard
    await reconnected(client)
  } finally {
    client.close()
    socket.disconnect()
  }
}

/** A namespace that is made for one visit. */
const team: Visit = async ({ url }, n) => {
  const client = typed(`${url}/team-${n}`, n % 3 === 0 ? null : `member-${n % 100}`)
  try {
    await client.joinChannel('plans')
    await client.sendNotification({ channel: 'plans', title: `team-${n}`, message: 'm' })
  } finally {
    client.close()
  }
}

/** Asks for what is not allowed, wrong, or not understood, and sends the same thing twice. */
const nuisance: Visit = async ({ url }, n) => {
  const client = typed(url, `nuisance-${n % 100}`)
  const stranger = stock(url, 'nobody')
  stranger.io.reconnection(false)
  const refused = next(stranger, ServerEvent.ErrorMessage)
  try {
    const notification = { channel: LOBBY, title: `nuisance-${n}`, message: 'm', idempotencyKey: `key-${n}` }
    await Promise.all([
      refusalOf(client.joinChannel('forbidden')),
      refusalOf(client.sendNotification({ ...notification, title: 'unwanted' })),
      refusalOf(client.sendNotification({ ...notification, title: '', idempotencyKey: `empty-${n}` })),
      client.sendNotification(notification),
      client.sendNotification(notification),
    ])
    await refused
  } finally {
    client.close()
    stranger.disconnect()
  }
}

async function refusalOf(call: Promise<unknown>): Promise<void> {
  const wasRefused = await call.then(
    () => false,
    () => true,
  )
  if (!wasRefused) throw new Error('something was allowed that is forbidden')
}

/** Of every twenty visits. */
const MIX: readonly Visit[] = [
  ...Array<Visit>(6).fill(regular),
  ...Array<Visit>(4).fill(passerBy),
  ...Array<Visit>(2).fill(guest),
  ...Array<Visit>(2).fill(device),
  ...Array<Visit>(2).fill(rendezvous),
  ...Array<Visit>(2).fill(returner),
  team,
  nuisance,
]

/** The visit of a number is always the same. */
export async function visit(world: World, n: number): Promise<void> {
  // A step that shares no factor with the length spreads the kinds evenly.
  await MIX[(n * 7) % MIX.length]?.(world, n)
}

function browserOf({ browsers }: World, user: string): { readonly storage: ClientStorage; isBusy: boolean } {
  const known = browsers.get(user)
  if (known !== undefined) return known
  const browser = { storage: createStorage(), isBusy: false }
  browsers.set(user, browser)
  return browser
}
