import { createMemoryStore, type NewEntry, type NotificationStore } from '@carillon/store'
import { fakeClock } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createCursors } from '../../src/flows/cursors.ts'

const STREAM = { scope: '/', kind: 'channel', name: 'devops' } as const
const subscriber = { user: 'alice', device: null }

const entry = (id: string): NewEntry => ({
  stream: STREAM,
  id,
  content: { type: 'info', title: 't', message: 'm', data: null, sender: 's' },
  bytes: 1,
  ttlMs: null,
  sender: 's',
  key: id,
  hash: '',
})

async function opened(change: Partial<NotificationStore> = {}) {
  const memory = createMemoryStore()
  // Nobody can stand beyond the end.
  await memory.append(Array.from({ length: 9 }, (_, n) => entry(`${n}`)))
  const [head] = await memory.heads([STREAM])
  if (head === undefined) throw new Error('no head')
  const calls: string[] = []
  const store: Pick<NotificationStore, 'cursors' | 'moveCursors'> = {
    cursors: (questions) => {
      calls.push(`ask ${questions.length}`)
      return (change.cursors ?? memory.cursors)(questions)
    },
    moveCursors: (moves) => {
      calls.push(`move ${moves.length}`)
      return (change.moveCursors ?? memory.moveCursors)(moves)
    },
  }
  const faults: unknown[] = []
  const clock = fakeClock()
  const cursors = createCursors(
    store,
    { now: clock.now, time: clock.now, after: clock.after },
    (cause) => void faults.push(cause),
  )
  const at = (offset: number) => ({ epoch: head.epoch, offset })
  return { cursors, calls, faults, at }
}

test('[G2] whoever comes back at once is served from what was saved on leaving', async () => {
  const { cursors, calls, at } = await opened()
  const saved = cursors.save([{ subscriber, stream: STREAM, to: at(5) }])
  expect(await cursors.ask({ subscriber, stream: STREAM, start: at(9) })).toEqual(at(5))
  await saved
  expect(calls).toEqual(['move 1', 'ask 1'])
})

test('[G2] questions of one turn share one call, and those of the next wait for it', async () => {
  const { cursors, calls, at } = await opened()
  const ask = (user: string) =>
    cursors.ask({ subscriber: { user, device: null }, stream: STREAM, start: at(0) })
  const first = Promise.all([ask('alice'), ask('bob'), ask('alice')])
  await Promise.resolve().then(() => undefined)
  const second = ask('bob')
  expect(await first).toEqual([null, null, at(0)])
  expect(await second).toEqual(at(0))
  expect(calls).toEqual(['ask 3', 'ask 1'])
})

test('[G2] a question is answered although what was to be saved before it could not be', async () => {
  const down = new Error('read-only')
  const { cursors, at } = await opened({ moveCursors: () => Promise.reject(down) })
  const saved = cursors.save([{ subscriber, stream: STREAM, to: at(5) }])
  const answer = cursors.ask({ subscriber, stream: STREAM, start: null })
  await expect(saved).rejects.toBe(down)
  expect(await answer).toBeNull()
})

test('[G2] everybody who asked hears of a failure, and the next question is asked again', async () => {
  const down = new Error('down')
  let failures = 0
  const { cursors, at } = await opened({
    cursors: () => (failures++ === 0 ? Promise.reject(down) : Promise.resolve([at(1)])),
  })
  const question = { subscriber, stream: STREAM, start: null }
  const asked = await Promise.allSettled([cursors.ask(question), cursors.ask(question)])
  expect(asked.map((it) => it.status === 'rejected' && it.reason)).toEqual([down, down])
  expect(await cursors.ask(question)).toEqual(at(1))
  await cursors.flush()
})

test('[G2] whoever asks while only saves are under way is answered once, with an own answer', async () => {
  let release = (): void => undefined
  const { cursors, calls, at } = await opened({
    moveCursors: () =>
      new Promise((resolve) => {
        release = resolve
      }),
  })
  const saved = cursors.save([{ subscriber, stream: STREAM, to: at(5) }])
  for (let n = 0; n < 3; n++) await Promise.resolve()
  const asks = ['bob', 'carol'].map((user) =>
    cursors.ask({ subscriber: { user, device: null }, stream: STREAM, start: at(0) }),
  )
  release()
  await saved
  const late = cursors.ask({ subscriber: { user: 'bob', device: null }, stream: STREAM, start: at(9) })
  expect(await Promise.all(asks)).toEqual([null, null])
  expect(await late).toEqual(at(0))
  expect(calls.filter((call) => call.startsWith('ask')).join()).toMatch(/^ask 2,ask 1$|^ask 3$/)
})

test('[G2] a store that leaves a question without an answer makes nobody a newcomer', async () => {
  const { cursors } = await opened({ cursors: () => Promise.resolve([]) })
  await expect(cursors.ask({ subscriber, stream: STREAM, start: null })).rejects.toThrow('every question')
})
