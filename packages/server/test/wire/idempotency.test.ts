/*
 * One idempotency key makes one notification, however often it is sent.
 * Ids: G4
 */
import { expect, test } from 'vitest'
import { as, note, raw, stage, stock } from './stage.ts'

test('[G4] one key makes one notification, over however many connections it is sent', async () => {
  const { url } = await stage()
  const member = stock(url)
  member.emit('join-channel', 'devops')
  await member.next('channel-joined')
  const auth = { notifications: { version: 2, clientId: 'client-1' } }
  const send = async (title: string) => {
    const client = raw(url, { auth })
    const message = { ...note('devops', title), idempotencyKey: 'key-1' }
    const answers = [
      await client.sendEventWithAck('send-notification', message),
      await client.sendEventWithAck('send-notification', message),
    ]
    await client.close()
    return answers
  }
  const [first, again] = await send('once')
  expect(first).toMatchObject({ ok: true, duplicate: false })
  expect(again).toEqual({ ...Object(first), duplicate: true })
  expect(await send('once')).toEqual([again, again])
  expect((await send('other'))[0]).toMatchObject({
    ok: false,
    code: 'idempotency-conflict',
    errors: ["Le champ 'idempotencyKey' a déjà servi pour une autre notification"],
    retryable: false,
  })
  await member.settle()
  expect(member.all('notification-received').map(({ title }) => title)).toEqual(['once'])
})

test('[G4] a key that anybody could know protects nobody: guests and claimed names do not share keys', async () => {
  const { url } = await stage()
  const keyed = { ...note('devops', 'a'), idempotencyKey: 'k' }
  for (const auth of [{}, {}, as('alice').auth, as('alice').auth]) {
    const client = raw(url, { auth })
    expect(await client.sendEventWithAck('send-notification', keyed)).toMatchObject({ duplicate: false })
  }
})

test('[G4] a user who was authenticated keeps the keys over connections and devices', async () => {
  const { url } = await stage({ authenticate: ({ handshake }) => ({ userId: String(handshake.auth.token) }) })
  const send = (token: string) =>
    raw(url, { auth: { token } }).sendEventWithAck('send-notification', {
      ...note('devops', 'a'),
      idempotencyKey: 'k',
    })
  const first = await send('alice')
  expect(first).toMatchObject({ duplicate: false })
  expect(await send('alice')).toEqual({ ...Object(first), duplicate: true })
  expect(await send('bob')).toMatchObject({ duplicate: false })
})

test('[G4] the same key in another channel is another notification', async () => {
  const { url } = await stage()
  const client = raw(url)
  for (const channel of ['a', 'b', null]) {
    const sent = { ...note(channel, 'x'), idempotencyKey: 'k' }
    expect(await client.sendEventWithAck('send-notification', sent)).toMatchObject({ duplicate: false })
    expect(await client.sendEventWithAck('send-notification', sent)).toMatchObject({ duplicate: true })
  }
})
