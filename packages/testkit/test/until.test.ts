import { expect, test } from 'vitest'
import { deferred, seed, until, within } from '../src/index.ts'

test('[TK1] until resolves to the first truthy value', async () => {
  let round = 0
  expect(await until(() => (++round > 30 ? round : 0), 'thirty rounds')).toBe(31)
})

test('[TK1] until says what it waited for and what it saw last', async () => {
  await expect(until(() => false, 'the moon', 20)).rejects.toThrow(
    /waited 20 ms for: the moon \(last: false\)/,
  )
  const grumpy = () => Promise.reject(new Error('still closed'))
  await expect(until(grumpy, 'the shop', 20)).rejects.toThrow(/the shop \(last: still closed\)/)
})

test('[TK1] within names a promise that does not settle', async () => {
  const gate = deferred<number>()
  await expect(within(gate.promise, 20, 'the gate')).rejects.toThrow('waited 20 ms for: the gate')
  gate.resolve(7)
  expect(await within(gate.promise, 20, 'the gate')).toBe(7)
})

test('[TK1] the seed is the one that the run printed', () => {
  expect(String(seed())).toBe(process.env.CARILLON_SEED)
})
