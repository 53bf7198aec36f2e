/*
 * A log that is cleared again and again while clients join, leave and get what is sent: nobody ever gets a mixture of
 * two logs.
 * Ids: G1, G2, G5
 */
import { type StockClient, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'
import { note, stage, stock } from '../wire/stage.ts'

const CHANNEL = 'devops'
const STREAM = { scope: '/', kind: 'channel', name: CHANNEL } as const
const CLIENTS = 8
const CLEARS = 12
const SENDS_PER_CLEAR = 25
/** On a fast machine they come and go more often than anybody does. */
const UNHINDERED = { requestsPerSocket: 1_000_000, joinsPerSocket: 1_000_000 }

test('[G5] [R58] whoever joins, leaves and reads while the log is cleared gets one log at a time, whole and in order', async () => {
  const store = createMemoryStore()
  const { url, notifications } = await stage({ store, rates: UNHINDERED })
  const send = (title: string) => notifications.send(note(CHANNEL, title))
  const clients = Array.from({ length: CLIENTS }, () => stock(url))
  let isOver = false
  const coming = clients.map((client, at) => comeAndGo(client, at, () => isOver))
  const staying = clients.slice(0, CLIENTS / 2)
  await Promise.all(staying.map((client) => client.next('channel-joined')))

  for (let n = 0; n < CLEARS; n++) {
    const sends = Array.from({ length: SENDS_PER_CLEAR }, (_, at) => send(`${n}-${at}`))
    await Promise.all(sends.slice(0, SENDS_PER_CLEAR / 2))
    const cleared = store.clear(STREAM)
    await Promise.all([...sends, cleared])
    await send(`end of ${n}`)
    for (const client of staying)
      await client.next('notification-received', ({ title }) => title === `end of ${n}`)
  }
  isOver = true
  await Promise.all(coming)
  await send('the last')
  for (const client of clients) {
    await client.next('notification-received', ({ title }) => title === 'the last')
    expect(faultsOf(client)).toEqual([])
  }
  for (const client of staying) expect(client.all('error-message').length).toBeGreaterThanOrEqual(CLEARS)
})

/** The first ones stay, the others come and go; in the end all are there. */
async function comeAndGo(client: StockClient, at: number, isOver: () => boolean): Promise<void> {
  for (let joins = 1; ; joins++) {
    client.emit('join-channel', CHANNEL)
    await until(() => client.all('channel-joined').length === joins, 'the join')
    if (isOver() || at < CLIENTS / 2) return
    await client.settle()
    client.emit('leave-channel', CHANNEL)
    await until(() => client.all('channel-left').length === joins, 'the leave')
  }
}

type Place = { readonly epoch: string; readonly offset: number }

/** What does not follow from what came before it. */
function faultsOf({ records }: StockClient): string[] {
  const faults: string[] = []
  /** `lost` after the word that the log was lost: whatever comes next begins another one. */
  let place: Place | 'lost' | null = null
  let former = ''
  for (const { event, args } of records) {
    const [payload] = args
    const { epoch, offset, code, channel } = Object(payload)
    if (event === 'channel-joined') place = { epoch, offset }
    if (event === 'channel-left') place = null
    if (event === 'error-message' && code === 'history-lost' && place !== null) {
      if (place !== 'lost') former = place.epoch
      place = 'lost'
    }
    if (event !== 'notification-received' || channel !== CHANNEL) continue
    if (place === null) faults.push(`${offset} came to somebody who had left`)
    else if (
      place === 'lost'
        ? epoch === former || offset !== 1
        : epoch !== place.epoch || offset !== place.offset + 1
    )
      faults.push(`${epoch} ${offset} came after ${JSON.stringify(place)} of ${former}`)
    place = { epoch, offset }
  }
  return faults
}
