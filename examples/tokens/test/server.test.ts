import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { useShop } from './shop.ts'

const shop = useShop()

test('[JW1] the example prints its address and what to do', async () => {
  const guide = 'Sign in as Alice in one window and as Bruno in another: the passwords are on the page.'
  await until(() => shop.example.output().includes(guide), 'the second line')
  expect(shop.example.output()).toContain(`Carillon with tokens runs on ${shop.url}\n${guide}`)
})

test('[JW16] a secret that is too short is said in one sentence', async () => {
  const child = spawn(process.execPath, ['server.js'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: '0', TOKEN_SECRET: 'secret' },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code] = await once(child, 'close')
  expect([code, said]).toEqual([1, 'TOKEN_SECRET is too short: take 32 random bytes or more.\n'])
})

// The last one: it ends what the others need.
test('[JW18] asked to stop while somebody is there, it ends in good order', async () => {
  const client = await shop.enter(shop.alice)
  expect(await shop.example.stop()).toBe(0)
  await client.next('disconnect')
})
