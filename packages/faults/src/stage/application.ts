import { fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ClientErrand, ClientNews, ClientOrders } from '../client/main.ts'
import type { Seen } from '../history.ts'

/** An application in a process of its own. */
export interface Application {
  readonly isJoined: () => boolean
  /** Keys that it was told are stored. */
  readonly confirmed: ReadonlySet<string>
  /** Resolves when it has called for all of them. */
  send(keys: readonly string[]): Promise<void>
  /** Ends it: as a page is loaded again, or with SIGKILL, in the middle of whatever it does. Resolves when it is gone. */
  end(how: 'reload' | 'SIGKILL'): Promise<void>
  close(): Promise<void>
}

const isSource = import.meta.url.endsWith('.ts')
const PROGRAM = fileURLToPath(new URL(isSource ? '../../dist/client.js' : './client.js', import.meta.url))

export function startApplication(orders: ClientOrders): Application {
  const child = fork(PROGRAM, {
    env: { ...process.env, CARILLON_CLIENT: JSON.stringify(orders) },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const confirmed = new Set<string>()
  const callers: (() => void)[] = []
  let isJoined = false
  child.on('message', (news: ClientNews) => {
    if (news === 'joined') isJoined = true
    else if ('confirmed' in news) confirmed.add(news.confirmed)
    else callers.shift()?.()
  })
  const order = (errand: ClientErrand): void => void child.send(errand)

  async function end(how: 'reload' | 'SIGKILL'): Promise<void> {
    if (how === 'reload' && child.connected) order('reload')
    else child.kill('SIGKILL')
    await gone
  }
  return {
    isJoined: () => isJoined,
    confirmed,
    send: (keys) =>
      new Promise((resolve) => {
        callers.push(resolve)
        order({ send: keys })
      }),
    end,
    close: () => end('SIGKILL'),
  }
}

/** What an application has written down over all of its lives. */
export function readBook(file: string): Seen[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line): Seen => JSON.parse(line))
}
