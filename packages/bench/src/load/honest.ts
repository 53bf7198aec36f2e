import { setTimeout as sleep } from 'node:timers/promises'
import { ClientEvent, ServerEvent } from '@carillon/protocol'
import { percentile } from '../statistics.ts'
import { CHANNEL, HONEST, nthNotification } from '../work.ts'
import { type Connection, connect, textOf } from './connection.ts'

/** People in one channel who write to each other, one after the other, whatever else goes on. */
export interface TalkPlan {
  readonly url: string
  readonly people: number
  readonly durationMs: number
  /** From one notification to the next, whoever sends it. */
  readonly spacingMs: number
}

export interface TalkFigures {
  /** From each send to its acknowledgement. */
  readonly sentP50: number
  readonly sentP99: number
  /** From each send to each of those who get it. */
  readonly receivedP99: number
}

interface Person {
  readonly connection: Connection
  /** Which notifications came, and when. */
  readonly numbers: number[]
  readonly times: number[]
}

const PATIENCE_MS = 30_000
/** Nobody is somebody of before, whom old notifications would wait for. */
let talks = 0

/** @throws when anybody is disconnected or refused, or does not get everything once and in order */
export async function talk({ url, people, durationMs, spacingMs }: TalkPlan): Promise<TalkFigures> {
  const failures: string[] = []
  const fail = (why: string): void => void failures.push(why)
  const all: Person[] = []
  talks += 1
  for (let n = 0; n < people; n++) all.push(await enter(url, `${HONEST}-${talks}-${n}`, fail))
  const sends: { readonly at: number; answeredAt: number }[] = []
  const began = performance.now()
  for (let n = 0; performance.now() - began < durationMs && failures.length === 0; n++) {
    await sleep(Math.max(0, began + n * spacingMs - performance.now()))
    const send = { at: performance.now(), answeredAt: Number.NaN }
    sends.push(send)
    all[n % people]?.connection.askRaw(TEXT_OF(n), (answer) => {
      send.answeredAt = performance.now()
      if (!answer.includes('"ok":true')) fail(`a send was refused: ${answer}`)
    })
  }
  await untilDone(all, sends, failures)
  for (const { connection } of all) connection.end()
  checkOrders(all, sends.length, fail)
  const sentAt = (n: number | undefined): number => sends[n ?? -1]?.at ?? Number.NaN
  if (failures.length > 0)
    throw new Error(`the honest ones were not served: ${failures.slice(0, 5).join('; ')}`)
  const sentMs = sends.map(({ at, answeredAt }) => answeredAt - at)
  const receivedMs = all.flatMap(({ numbers, times }) =>
    times.map((at, place) => at - sentAt(numbers[place])),
  )
  return {
    sentP50: percentile(sentMs, 50),
    sentP99: percentile(sentMs, 99),
    receivedP99: percentile(receivedMs, 99),
  }
}

const TEXT_OF = (n: number): string => textOf(ClientEvent.SendNotification, [nthNotification(n)])

function enter(url: string, token: string, fail: (why: string) => void): Promise<Person> {
  const auth = { token, notifications: { version: 2 } }
  const numbers: number[] = []
  const times: number[] = []
  return new Promise((resolve, reject) => {
    connect(url, auth, {
      onConnected: (connection) =>
        connection.ask(ClientEvent.JoinChannel, [CHANNEL], (answer) => {
          if (Reflect.get(Object(answer), 'ok') === true) resolve({ connection, numbers, times })
          else reject(new Error(`could not join: ${JSON.stringify(answer)}`))
        }),
      onEnd: (why) => {
        fail(`disconnected: ${why}`)
        reject(new Error(why))
      },
      onNotification: (text) => {
        numbers.push(numberOf(text))
        times.push(performance.now())
      },
      onEvent: (event, payload) => {
        if (event === ServerEvent.ErrorMessage) fail(JSON.stringify(payload))
      },
    })
  })
}

async function untilDone(
  all: readonly Person[],
  sends: readonly { readonly answeredAt: number }[],
  failures: string[],
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  const isDone = (): boolean =>
    all.every(({ numbers }) => numbers.length >= sends.length) &&
    sends.every(({ answeredAt }) => !Number.isNaN(answeredAt))
  while (!isDone() && failures.length === 0) {
    if (performance.now() > deadline) failures.push('something never came')
    await sleep(20)
  }
}

/** Which notification a frame brings: not parsed, for that would be work beside what is measured. */
function numberOf(text: string): number {
  const at = text.indexOf(TITLE)
  return at < 0 ? Number.NaN : Number.parseInt(text.slice(at + TITLE.length, at + TITLE.length + DIGITS), 10)
}

const TITLE = `"title":"${nthNotification(0).title.replace('0', '')}`
const DIGITS = 9

/** Everybody has everything once, and in the same order: which is first of two that people send at once is open. */
function checkOrders(all: readonly Person[], count: number, fail: (why: string) => void): void {
  const first = all[0]?.numbers ?? []
  const sorted = [...first].sort((one, other) => one - other)
  if (sorted.length !== count || sorted.some((n, at) => n !== at))
    fail(`${sorted.length} of ${count}, not each once`)
  for (const { numbers } of all) if (numbers.join() !== first.join()) fail('two have another order')
}
