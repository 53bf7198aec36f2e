import { createMemoryStore } from '@carillon/store'
import { expect, test } from 'vitest'
import { ALICE, asV2, BRUNO, note, stage } from './stage.ts'

test('[P-NON-MEMBER] who is not in a channel may send to it', async () => {
  const { connect, rejoin } = await stage()
  const member = await rejoin(ALICE, 'devops')
  const stranger = connect(BRUNO)
  stranger.emit('send-notification', note('t', { channel: 'devops' }))
  expect(await member.client.next('notification-received')).toMatchObject({ sender: 'Bruno' })
  await stranger.next('notification-sent')
  await stranger.settle()
  expect(stranger.all('notification-received')).toEqual([])
})

test('[P-SEND-RIGHT] a refused send stores and delivers nothing', async () => {
  const { notifications, connect, rejoin } = await stage({
    authorize: ({ action }) => action !== 'send',
    validate: ({ title }) => (title === 'LOUD' ? ['Pas de majuscules', 'Merci'] : undefined),
  })
  const { client } = await rejoin(ALICE, 'devops')
  const sender = connect(BRUNO)
  const send = (title: string) => sender.ask('send-notification', note(title, { channel: 'devops' }))
  expect(await send('t')).toMatchObject({ ok: false, code: 'not-allowed', retryable: false })
  expect(await send('LOUD')).toMatchObject({
    ok: false,
    code: 'rejected',
    errors: ['Pas de majuscules', 'Merci'],
  })
  expect(await notifications.send(note('by the host', { channel: 'devops' }))).toMatchObject({ offset: 1 })
  expect(await client.next('notification-received')).toMatchObject({ title: 'by the host' })
})

test('[P-KEY] a key that was used before gives the first receipt, or a conflict', async () => {
  const { rejoin } = await stage()
  const { client } = await rejoin(ALICE, 'devops')
  const send = (title: string) =>
    client.ask('send-notification', note(title, { channel: 'devops', idempotencyKey: 'k' }))
  const first = await send('t')
  expect(first).toMatchObject({ ok: true, offset: 1, duplicate: false })
  expect(await send('t')).toEqual({ ...Object(first), duplicate: true })
  expect(await send('another')).toMatchObject({ ok: false, code: 'idempotency-conflict', retryable: false })
  expect(client.all('notification-received')).toHaveLength(1)
})

test.each([
  ['a verified user, over connections', true, ALICE, ALICE, true],
  ['two verified users', true, ALICE, BRUNO, false],
  ['one clientId of v2, over connections', false, asV2(ALICE), asV2(ALICE), true],
  ['a claimed name, over connections', false, ALICE, ALICE, false],
])('[P-KEY-SCOPE] %s', async (_, isVerified, first, second, isOneKey) => {
  const authenticate = ({ handshake }: { handshake: { auth: Record<string, unknown> } }) => ({
    userId: String(handshake.auth.user_id),
  })
  const { connect } = await stage(isVerified ? { authenticate } : {})
  const send = (auth: object) =>
    connect(auth).ask('send-notification', note('t', { channel: 'devops', idempotencyKey: 'k' }))
  expect(await send(first)).toMatchObject({ duplicate: false })
  expect(await send(second)).toMatchObject({ duplicate: isOneKey, offset: isOneKey ? 1 : 2 })
})

test('[P-TTL] what has expired is neither delivered nor counted', async () => {
  let time = Date.now()
  const { notifications, rejoin, goAway } = await stage({ store: createMemoryStore({ now: () => time }) })
  await goAway((await rejoin(ALICE, 'devops')).client)
  await notifications.send(note('short', { channel: 'devops', ttl: 10 }))
  await notifications.send(note('long', { channel: 'devops', ttl: 60 }))
  time += 10_001
  const back = await rejoin(ALICE, 'devops')
  expect(back).toMatchObject({ pendingCount: 1, titles: ['long'] })
  expect(back.client.all('notification-received')[0]).toHaveProperty('expiresAt')
})
