import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@carillon/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Running, start } from './processes.ts'
import { faultsOf, type Reader, readHistory, type Sender, startReader, startSender } from './witnesses.ts'

const KILLS = 4
const LIMIT_MS = 60_000

let folder: string
let running: Running | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-comeback-'))
})

afterEach(async () => {
  await running?.stop()
  running = undefined
  await rm(folder, { recursive: true, force: true })
})

const place = () => join(folder, 'kept', 'notifications.db')

/** Kills the server under load, again and again. Resolves when every send has ended, with everybody still there. */
async function dieAndReturn(
  whileDead: () => Promise<void>,
): Promise<{ reader: Reader; sender: Sender; url: string }> {
  let server = await start({ program: 'server.js', file: place() })
  running = server
  const { url, port } = server
  const reader = await startReader(url)
  const sender = startSender(url)
  for (let death = 1; death <= KILLS; death++) {
    const before = sender.confirmed.length
    await until(() => sender.confirmed.length >= before + 25, `sends under way before kill ${death}`, 10_000)
    await server.kill()
    await whileDead()
    server = await start({ program: 'server.js', file: place(), port })
    running = server
  }
  const before = sender.confirmed.length
  await until(() => sender.confirmed.length > before, 'sends after the last kill', 10_000)
  await sender.end()
  return { reader, sender, url }
}

test(
  '[CB1] [G2] killed again and again under load, it has every confirmed notification once and in order',
  async () => {
    const { reader, sender, url } = await dieAndReturn(async () => undefined)
    try {
      expect(sender.failures).toEqual([])
      const last = Math.max(...sender.confirmed.map(({ offset }) => offset))
      await until(
        () => reader.seen.some(({ offset }) => offset === last),
        'the last one at the reader',
        10_000,
      )
      expect(faultsOf(sender.confirmed, reader.seen)).toEqual([])
      const history = await readHistory(url)
      expect(faultsOf(sender.confirmed, history)).toEqual([])
      expect(history).toEqual(reader.seen)
    } finally {
      reader.close()
    }
  },
  LIMIT_MS,
)

test(
  '[CB2] thrown away while the server is dead, what was confirmed is found to be missing',
  async () => {
    const { reader, sender, url } = await dieAndReturn(() => rm(join(folder, 'kept'), { recursive: true }))
    reader.close()
    expect(faultsOf(sender.confirmed, await readHistory(url)).length).toBeGreaterThan(25)
  },
  LIMIT_MS,
)

test('[CB3] the supervisor starts it again at the same address, and ends it in good order', async () => {
  const supervised = await start({ program: 'supervisor.js', file: place() })
  running = supervised
  const pid = () => fetch(`${supervised.url}/process`).then((response) => response.json())
  const first = await pid()
  await expect(fetch(`${supervised.url}/kill`, { method: 'POST' })).rejects.toThrow()
  const second = await until(pid, 'the next process', 10_000)
  expect(second).not.toEqual(first)
  expect(supervised.output()).toContain('The server is dead: SIGKILL')
  expect(await supervised.stop()).toBe(0)
  await expect(pid()).rejects.toThrow()
})

test('[CB4] a port that is taken is said in one sentence, and the supervisor does not insist', async () => {
  running = await start({ program: 'server.js', file: place() })
  const { port } = running
  const second = start({ program: 'supervisor.js', file: join(folder, 'other.db'), port })
  await expect(second).rejects.toThrow(new RegExp(`ended with code 1:\\nPort ${port} is taken: [^\\n]+\\n$`))
})
