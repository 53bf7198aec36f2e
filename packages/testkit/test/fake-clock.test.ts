import { expect, test } from 'vitest'
import { fakeClock } from '../src/index.ts'

test('[TK2] timers fire in order of time, made on the way or before', () => {
  const clock = fakeClock(0)
  const fired: string[] = []
  const note = (name: string) => () => void fired.push(`${name}@${clock.now()}`)
  clock.after(30, note('late'))
  clock.after(10, () => {
    note('early')()
    clock.after(5, note('nested'))
  })
  clock.after(10, note('same time'))
  clock.advance(29)
  expect(fired).toEqual(['early@10', 'same time@10', 'nested@15'])
  clock.advance(1)
  expect(fired.at(-1)).toBe('late@30')
  expect(clock.pending()).toBe(0)
})

test('[TK2] a cancelled timer never fires, and a timer waits for its full time', () => {
  const clock = fakeClock()
  let fired = 0
  const cancel = clock.after(10, () => fired++)
  clock.after(11, () => (fired += 10))
  cancel()
  clock.advance(10)
  expect([fired, clock.pending()]).toEqual([0, 1])
})

test('[TK2] advanceAndSettle lets promises make the next timer', async () => {
  const clock = fakeClock(0)
  const times: number[] = []
  const again = async (): Promise<void> => {
    times.push(clock.now())
    await Promise.resolve()
    clock.after(10, () => void again())
  }
  void again()
  await clock.advanceAndSettle(35)
  expect(times).toEqual([0, 10, 20, 30])
})
