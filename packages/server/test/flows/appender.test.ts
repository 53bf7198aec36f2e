import type { AppendOutcome, NewEntry } from '@carillon/store'
import { nextTurn } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createAppender } from '../../src/flows/appender.ts'

function entry(id: string): NewEntry {
  const stream = { scope: '/', kind: 'channel', name: 'devops' } as const
  const content = { type: 'info', title: id, message: '', data: null, sender: 'Alice' } as const
  return { stream, id, content, bytes: 1, ttlMs: null, sender: 's', key: id, hash: '' }
}

function written(id: string): AppendOutcome {
  return { outcome: 'written', epoch: 'e', offset: 1, id, timestamp: 0, expiresAt: null, duplicate: false }
}

/** An appender over a store whose calls are answered when the test says so. */
function stage(inOrder: boolean) {
  const calls: { readonly ids: readonly string[]; readonly end: (isGood: boolean) => void }[] = []
  const appender = createAppender({
    inOrder,
    append: (entries) =>
      new Promise((resolve, reject) => {
        const ids = entries.map(({ id }) => id)
        const end = (isGood: boolean): void =>
          isGood ? resolve(ids.map(written)) : reject(new Error('away'))
        calls.push({ ids, end })
      }),
  })
  const told: string[] = []
  const submit = (id: string): void =>
    appender.submit(entry(id), ({ outcome }) => told.push(`${id} ${outcome}`))
  return { appender, calls, submit, told }
}

test('[SV31] entries of one turn share a call', async () => {
  const { calls, submit } = stage(false)
  for (const id of ['a', 'b', 'c']) submit(id)
  await nextTurn()
  expect(calls.map(({ ids }) => ids)).toEqual([['a', 'b', 'c']])
})

test('[SV31] [G1] one call at a time, where two could commit in the other order', async () => {
  const { calls, submit, told } = stage(false)
  submit('a')
  await nextTurn()
  for (const id of ['b', 'c']) submit(id)
  await nextTurn()
  expect(calls.map(({ ids }) => ids)).toEqual([['a']])
  calls[0]?.end(true)
  await nextTurn()
  expect(told).toEqual(['a written'])
  expect(calls.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c']])
})

test('[SV31] [G1] a store that keeps the order of calls gets the next while the one before is under way', async () => {
  const { calls, submit, told, appender } = stage(true)
  for (const id of ['a', 'b', 'c']) {
    submit(id)
    await nextTurn()
  }
  expect(calls.map(({ ids }) => ids)).toEqual([['a'], ['b'], ['c']])
  let isIdle = false
  const idle = appender.idle().then(() => {
    isIdle = true
  })
  // Told in the order of submission, whatever is answered first, and however.
  calls[2]?.end(true)
  calls[1]?.end(false)
  await nextTurn()
  expect({ told, isIdle }).toEqual({ told: [], isIdle: false })
  calls[0]?.end(true)
  await idle
  expect(told).toEqual(['a written', 'b unknown', 'c written'])
  expect(appender.settled()).toBeUndefined()
})

test('[SV31] [G7] a store that does not keep up has a few calls, and the rest waits here', async () => {
  const { calls, submit, told } = stage(true)
  for (let n = 1; n <= 20; n++) {
    submit(`${n}`)
    await nextTurn()
  }
  expect(calls.map(({ ids }) => ids)).toEqual([['1'], ['2'], ['3'], ['4']])
  calls[0]?.end(true)
  await nextTurn()
  expect(calls.at(-1)?.ids).toHaveLength(16)
  expect(told).toEqual(['1 written'])
})

test('[SV31] [G1] what is many already goes to a store that keeps the order before the turn is over', async () => {
  const { calls, submit, told } = stage(true)
  for (let n = 1; n <= 70; n++) submit(`${n}`)
  expect(calls.map(({ ids }) => ids.length)).toEqual([32, 32])
  await nextTurn()
  expect(calls.map(({ ids }) => ids.length)).toEqual([32, 32, 6])
  for (const { end } of [...calls].reverse()) end(true)
  await nextTurn()
  expect(told).toEqual(Array.from({ length: 70 }, (_, at) => `${at + 1} written`))
})

test('[SV31] [G7] nor does a long turn bring it more calls than a few', async () => {
  const { calls, submit, told } = stage(true)
  for (let n = 1; n <= 300; n++) submit(`${n}`)
  await nextTurn()
  expect(calls.map(({ ids }) => ids.length)).toEqual([32, 32, 32, 32])
  calls[0]?.end(true)
  await nextTurn()
  expect(calls.map(({ ids }) => ids.length)).toEqual([32, 32, 32, 32, 172])
  expect(told).toHaveLength(32)
})

test('[SV31] [G1] [G6] a store that keeps no order gets all of a turn at its end, and the rest after that', async () => {
  const { calls, submit, told, appender } = stage(false)
  for (let n = 1; n <= 70; n++) submit(`${n}`)
  expect(calls).toEqual([])
  await nextTurn()
  submit('71')
  await nextTurn()
  expect(calls.map(({ ids }) => ids.length)).toEqual([70])
  calls[0]?.end(false)
  await nextTurn()
  calls[1]?.end(true)
  await appender.idle()
  expect(told.slice(69)).toEqual(['70 unknown', '71 written'])
})
