/*
 * Hooks that block the loop, answer too late, or all throw at once, beside listeners and a logger that throw, too.
 * Ids: G7
 */
import { deferred, onUnhandled, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { as, note, raw, stage, stock, V2 } from '../wire/stage.ts'

function boom(): never {
  throw new Error('a bug of the host')
}

test('[G7] [R45] a hook that blocks the whole process delays everybody, and harms nobody', async () => {
  const guard = onUnhandled()
  const block = (): undefined => {
    const until = performance.now() + 700
    while (performance.now() < until);
  }
  // Not even its own limit can interrupt it: the answer counts, since it was there when somebody could look.
  const { url, problems } = await stage({ validate: block, limits: { hookTimeoutMs: 50 } })
  const [alice, bruno] = [raw(url, as('alice', V2)), raw(url, as('bruno', V2))]
  await bruno.sendEventWithAck('join-channel', 'devops')
  const sent = alice.sendEventWithAck('send-notification', note('devops', 'slow'))
  const stats = bruno.sendEventWithAck('get-stats')
  expect(await sent).toMatchObject({ ok: true })
  expect(await stats).toMatchObject({ ok: true, connectedClients: 2 })
  expect((await bruno.next('notification-received')).title).toBe('slow')
  expect(problems).toEqual([])
  await guard.check()
})

test.each<[how: string, late: () => boolean]>([
  ['allows', () => true],
  ['throws', boom],
])('[G7] [R45] a hook that %s when its time is up is not heard any more', async (_, late) => {
  const guard = onUnhandled()
  let answers = 0
  const told = deferred<void>()
  const authorize = async ({ action }: { readonly action: string }) => {
    if (action !== 'join') return true
    await told.promise
    answers += 1
    return late()
  }
  const { url, notifications, problems } = await stage({ authorize, limits: { hookTimeoutMs: 40 } })
  const client = raw(url, { auth: V2 })
  expect(await client.sendEventWithAck('join-channel', 'devops')).toMatchObject({
    ok: false,
    code: 'hook-failed',
  })
  told.resolve()
  await until(() => answers === 1, 'the late answer')
  await notifications.send(note('devops', 'not for you'))
  await client.settle()
  expect(await notifications.channels()).toEqual([])
  expect(client.all('notification-received')).toEqual([])
  expect(problems.map(({ code }) => code)).toEqual(['HOOK_FAILED'])
  await guard.check()
})

const EVENTS = ['sent', 'joined', 'left', 'refused', 'problem'] as const

test('[G7] [R46] every hook, every listener and the logger throw: all is refused, and all goes on afterwards', async () => {
  const guard = onUnhandled()
  let isSick = true
  const sick =
    <Answer>(answer: Answer) =>
    (): Answer =>
      isSick ? boom() : answer
  const log = { info: sick(undefined), warn: sick(undefined), error: sick(undefined) }
  const { url, notifications } = await stage({
    log,
    authenticate: sick({ userId: 'alice' }),
    authorize: sick(true),
    validate: sick(undefined),
  })
  for (const event of EVENTS) notifications.on(event, sick(undefined))
  const turnedAway = stock(url, { reconnection: false })
  expect((await turnedAway.next('error-message')).code).toBe('hook-failed')
  await turnedAway.next('disconnect')

  isSick = false
  const client = raw(url, { auth: V2 })
  expect(await client.sendEventWithAck('join-channel', 'devops')).toMatchObject({ ok: true })
  isSick = true
  const refused = { ok: false, code: 'hook-failed' }
  expect(await client.sendEventWithAck('send-notification', note('devops', 'a'))).toMatchObject(refused)
  expect(await client.sendEventWithAck('join-channel', 'orders')).toMatchObject(refused)
  expect(await client.sendEventWithAck('get-channels')).toMatchObject(refused)
  expect(await client.sendEventWithAck('leave-channel', 'devops')).toMatchObject({ ok: true })
  isSick = false
  expect(await client.sendEventWithAck('send-notification', note('devops', 'b'))).toMatchObject({
    ok: true,
    offset: 1,
  })
  await guard.check()
})
