/*
 * Hooks that throw, reject, hang or return nonsense fail closed, are told to the host, and harm nobody.
 * Ids: G7
 */
import { onUnhandled } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import type { NotificationsOptions } from '../../src/index.ts'
import { as, note, raw, stage, stock, V2 } from './stage.ts'

const SECRET = 'password=hunter2'
const BOOM = () => {
  throw new Error(SECRET)
}

/** What a hook may do instead of its work. The types of the options forbid most of it; JavaScript does not. */
const FAILURES: Record<string, (...args: never[]) => never> = {
  throws: BOOM,
  'throws what is no error': () => {
    throw undefined
  },
  rejects: () => Promise.reject(new Error(SECRET)) as never,
  'never answers': () => new Promise(() => undefined) as never,
  'returns a promise of its own that throws': () =>
    Object.defineProperty({}, 'then', { value: BOOM }) as never,
}

const NONSENSE: Record<string, unknown> = {
  'a number': 1,
  'true or yes': 'yes',
  'an empty object': {},
  'a list of numbers': [1],
  'a function': () => true,
  'a user without an id': { username: 'Alice' },
  'a user whose id is a number': { userId: 42 },
  'a user whose name is an object': { userId: 'alice', username: {} },
}

const nothing = () => undefined
const PATIENCE = { limits: { hookTimeoutMs: 40 } } as const

const failing = Object.entries(FAILURES)
const senseless = Object.entries(NONSENSE)

describe('authenticate', () => {
  test.each([...failing, ...senseless.map(([what, value]) => [what, () => value as never] as const)])(
    '[G7] [R45] one that %s refuses the connection, says so, and lets nothing out',
    async (_, authenticate) => {
      const guard = onUnhandled()
      const { url, problems, notifications } = await stage({ authenticate, ...PATIENCE })
      const client = stock(url, { ...as('alice'), reconnection: false })
      client.emit('join-channel', 'devops')
      client.emit('send-notification', note(null, 'let me in'))
      const error = await client.next('error-message')
      expect(error.code).toBe('hook-failed')
      expect(JSON.stringify(error)).not.toContain(SECRET)
      await client.next('disconnect')
      const heard = client.records.map(({ event }) => event)
      expect(heard).toEqual(['connect', 'error-message', 'disconnect'])
      expect(problems.map(({ code }) => code)).toEqual(['HOOK_FAILED'])
      expect(problems[0]?.message).toContain('"authenticate"')
      expect(await notifications.stats()).toMatchObject({ connectedClients: 0, activeChannels: 0 })
      await guard.check()
    },
  )

  test.each([null, false, undefined] as const)('[G7] %j is a refusal, not a fault', async (answer) => {
    const { url, problems } = await stage({ authenticate: () => answer })
    const client = stock(url, { reconnection: false })
    expect(await client.next('error-message')).toEqual({
      errors: ["L'authentification a échoué"],
      code: 'unauthenticated',
      event: null,
    })
    await client.next('disconnect')
    expect(problems).toEqual([])
  })

  test('[G7] a user may be an instance of a class of the host', async () => {
    class Account {
      readonly userId = 'alice'
      get username(): string {
        return 'Alice'
      }
    }
    const { url, problems } = await stage({ authenticate: () => new Account() })
    const client = stock(url)
    expect((await client.next('connection-confirmed')).userId).toBe('alice')
    client.emit('send-notification', note(null, 'hello'))
    expect((await client.next('notification-received')).sender).toBe('Alice')
    expect(problems).toEqual([])
  })

  test('[G7] a user whose fields throw is refused like any other fault', async () => {
    const guard = onUnhandled()
    const user = {
      get userId(): string {
        return BOOM()
      },
    }
    const { url, problems } = await stage({ authenticate: () => user })
    const client = stock(url, { reconnection: false })
    await client.next('error-message')
    await client.next('disconnect')
    expect(problems.map(({ code }) => code)).toEqual(['HOOK_FAILED'])
    await guard.check()
  })
})

describe('authorize', () => {
  const answers: [string, unknown, number][] = [
    ...senseless.map(([what, value]): [string, unknown, number] => [what, () => value, 1]),
    ['nothing', nothing, 1],
    ['false', () => false, 0],
    ...failing.map(([what, hook]): [string, unknown, number] => [what, hook, 1]),
  ]
  test.each(answers)(
    '[G7] [R45] one that says or does: %s, refuses each action and keeps the socket',
    async (_, hook, faults) => {
      const guard = onUnhandled()
      const authorize = hook as NonNullable<NotificationsOptions['authorize']>
      const { url, problems } = await stage({ authorize, ...PATIENCE })
      const client = raw(url, { auth: V2 })
      const requests: [string, ...unknown[]][] = [
        ['join-channel', 'devops'],
        ['send-notification', note('devops', 'a')],
        ['send-notification', note(null, 'a')],
        ['get-channels'],
        ['get-stats'],
        ['get-history', { stream: 'c:devops' }],
        ['get-history', { stream: 'b' }],
      ]
      for (const [event, ...args] of requests) {
        const answer = await client.sendEventWithAck(event, ...args)
        expect(answer).toMatchObject({ ok: false })
        expect(['not-allowed', 'hook-failed']).toContain(Object(answer).code)
        expect(JSON.stringify(answer)).not.toContain(SECRET)
      }
      expect(problems.map(({ code }) => code)).toEqual(Array(requests.length * faults).fill('HOOK_FAILED'))
      expect(client.all('notification-received')).toEqual([])
      // Leaving needs nobody's permission.
      expect(await client.sendEventWithAck('leave-channel', 'devops')).toMatchObject({ ok: true })
      await guard.check()
    },
  )
})

describe('validate', () => {
  const answers: [string, unknown][] = [
    ...senseless
      .filter(([what]) => what !== 'true or yes')
      .map(([what, value]): [string, unknown] => [what, () => value]),
    ['true', () => true],
    ['false', () => false],
    ...failing,
  ]
  test.each(answers)(
    '[G7] [R45] one that says or does: %s, refuses the notification and keeps the socket',
    async (_, hook) => {
      const guard = onUnhandled()
      const validate = hook as NonNullable<NotificationsOptions['validate']>
      const { url, problems, notifications } = await stage({ validate, ...PATIENCE })
      const client = stock(url)
      client.emit('send-notification', note(null, 'a'))
      expect(await client.next('error-message')).toEqual({
        errors: ["La requête n'a pas pu être vérifiée, réessayez plus tard"],
        code: 'hook-failed',
        event: 'send-notification',
      })
      expect(problems.map(({ code }) => code)).toEqual(['HOOK_FAILED'])
      // The host itself is not asked.
      await notifications.send(note(null, 'of the host'))
      expect((await client.next('notification-received')).title).toBe('of the host')
      await guard.check()
    },
  )

  test('[G7] a sentence or several refuse in the host’s own words; nothing and an empty list accept', async () => {
    const answers = ['Pas de majuscules', ['Trop court', 'Trop fade'], undefined, [], null]
    const { url } = await stage({ validate: () => answers.shift() as undefined })
    const client = stock(url)
    for (let n = 0; n < 5; n++) client.emit('send-notification', note(null, `${n}`))
    expect((await client.next('error-message')).errors).toEqual(['Pas de majuscules'])
    expect((await client.next('error-message')).errors).toEqual(['Trop court', 'Trop fade'])
    await client.next('notification-received', ({ title }) => title === '4')
    expect(client.all('notification-received').map(({ title }) => title)).toEqual(['2', '3', '4'])
  })
})
