import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onUnhandled, until } from '@carillon/testkit'
import { canUse, isRedisFound, REDIS_COMMAND, type RedisServer } from '@carillon/testkit/servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { entriesOf, ROOMY, STREAM } from './entries.ts'
import { createStage, type Stage } from './stage.ts'

let stage: Stage
let server: RedisServer

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('races', () => {
  let guard: ReturnType<typeof onUnhandled>
  beforeEach(() => {
    stage = createStage()
    guard = onUnhandled()
  })
  afterEach(async () => {
    await stage.close()
    await guard.check()
  })

  it('[RD13] twenty stores that meet an empty Redis at once are one log', async () => {
    server = await stage.start()
    const stores = Array.from({ length: 20 }, () => stage.open({ url: server.url }))
    const heads = await Promise.all(stores.map((store) => store.heads([STREAM])))
    expect(new Set(heads.flat().map(({ epoch }) => epoch)).size).toBe(1)
    const outcomes = await Promise.all(stores.map((store) => store.append(entriesOf(10))))
    const offsets = outcomes.flat().map((it) => (it.outcome === 'written' ? it.offset : 0))
    expect(offsets.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, at) => at + 1))
  })

  it('[RD14] processes that race, one of them killed: offsets without hole or double, nothing confirmed is lost', async () => {
    server = await stage.start({ appendonly: 'yes' })
    const racers = ['a', 'b', 'c'].map((name) => race(server.url, name, name === 'c' ? 1_000_000 : 300))
    await until(() => racers[2]?.confirmed.length, 'the one to be killed has confirmed something', 20_000)
    racers[2]?.kill()
    await Promise.all(racers.map(({ ended }) => ended))
    const store = stage.open({ url: server.url })
    const { items, head } = await store.read(STREAM, { after: 0, ...ROOMY })
    expect(items.map(({ offset }) => offset)).toEqual(Array.from({ length: head }, (_, at) => at + 1))
    const byId = new Map(items.map(({ id, offset }) => [id, offset]))
    expect(byId.size).toBe(head)
    for (const { id, offset } of racers.flatMap(({ confirmed }) => confirmed))
      expect(byId.get(id)).toBe(offset)
    expect(racers.slice(0, 2).map(({ confirmed }) => confirmed.length)).toEqual([300, 300])
  }, 30_000)
})

function race(
  url: string,
  name: string,
  most: number,
): { confirmed: { id: string; offset: number }[]; ended: Promise<unknown>; kill(): void } {
  const run = fileURLToPath(new URL('children/run.mjs', import.meta.url))
  const program = fileURLToPath(new URL('children/appender.ts', import.meta.url))
  const child = fork(run, [program, url, name, String(most), '5'])
  const confirmed: { id: string; offset: number }[] = []
  child.on('message', (message: { confirmed: { id: string; offset: number } | null }) => {
    if (message.confirmed !== null) confirmed.push(message.confirmed)
  })
  stage.add({ close: () => child.kill('SIGKILL') })
  return {
    confirmed,
    ended: new Promise((resolve) => child.once('exit', resolve)),
    kill: () => void child.kill('SIGKILL'),
  }
}
