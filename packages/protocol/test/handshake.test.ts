import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Claims, LIMITS, parseHandshake } from '../src/index.ts'

const NOBODY: Claims = {
  userId: null,
  username: null,
  deviceId: null,
  version: 1,
  clientId: null,
  since: { b: null, u: null },
}

describe('parseHandshake', () => {
  it('[HS1] reads what the protocol page sends', () => {
    expect(parseHandshake({ user_id: 'user_42', username: 'Alice' })).toEqual({
      ...NOBODY,
      userId: 'user_42',
      username: 'Alice',
    })
  })

  it('[HS2] reads what our own client sends', () => {
    const b = { epoch: 'e1', offset: 7, id: 'n_1' }
    const u = { epoch: 'e2', offset: 0 }
    const notifications = { version: 2, clientId: 'c1', since: { b, u } }
    expect(parseHandshake({ user_id: 'user_42', device_id: 'phone', notifications })).toEqual({
      ...NOBODY,
      userId: 'user_42',
      deviceId: 'phone',
      version: 2,
      clientId: 'c1',
      since: { b, u },
    })
    expect(parseHandshake({ notifications: { version: 2 } })).toEqual({ ...NOBODY, version: 2 })
    expect(parseHandshake({ notifications: { version: 2, clientId: null, since: null } }).version).toBe(2)
    expect(parseHandshake({ notifications: { version: 2, since: { b: null, u } } }).since).toEqual({
      b: null,
      u,
    })
  })

  it.each([
    undefined,
    null,
    '',
    'user_42',
    0,
    true,
    [],
    ['user_42'],
    () => 0,
    new Date(0),
    new Uint8Array(2),
    {},
  ])('[HS3] %s says nothing of anybody', (auth) => {
    expect(parseHandshake(auth)).toEqual(NOBODY)
  })

  it.each([
    ['a number', 42],
    ['null', null],
    ['blank', ' '],
    ['empty', ''],
    ['a list', ['user_42']],
    ['an object', { toString: 'user_42' }],
    ['too long', 'x'.repeat(LIMITS.identityLength + 1)],
    ['with a control character', 'user\u0000'],
    ['with a direction mark', 'user\u202e'],
    ['not in NFC', 'e\u0301'],
    ['half a pair', '\ud83d'],
  ])('[HS4] a user_id that is %s counts as absent, and the rest is read', (_, user_id) => {
    expect(parseHandshake({ user_id, username: 'Alice' })).toEqual({ ...NOBODY, username: 'Alice' })
    expect(parseHandshake({ device_id: user_id, username: 'Alice' })).toEqual({
      ...NOBODY,
      username: 'Alice',
    })
  })

  it('[HS5] a name may be written in any way that can be seen', () => {
    for (const username of ['É', 'E\u0301', 'علی\u200cرضا', '👩‍👩‍👧', 'x'.repeat(LIMITS.identityLength)]) {
      expect(parseHandshake({ username }).username).toBe(username)
    }
    for (const username of [
      '',
      ' ',
      '\u0000',
      '\ud83d',
      'a\u202eb',
      'x'.repeat(LIMITS.identityLength + 1),
      5,
    ]) {
      expect(parseHandshake({ username }).username).toBe(null)
    }
  })

  it.each([
    ['another version', { version: 1 }],
    ['a version in letters', { version: '2' }],
    ['no version', {}],
    ['a list', [{ version: 2 }]],
    ['true', true],
    ['a position without an offset', { version: 2, since: { b: { epoch: 'e' } } }],
    ['a position below zero', { version: 2, since: { u: { epoch: 'e', offset: -1 } } }],
    ['half an offset', { version: 2, since: { u: { epoch: 'e', offset: 0.5 } } }],
    ['an offset beyond counting', { version: 2, since: { u: { epoch: 'e', offset: 2 ** 53 } } }],
    ['a blank epoch', { version: 2, since: { u: { epoch: '', offset: 1 } } }],
    ['an id of a client that is no name', { version: 2, clientId: '\u0000' }],
  ])('[HS6] %s in `notifications` makes it a client of the first version', (_, notifications) => {
    expect(parseHandshake({ user_id: 'user_42', notifications })).toEqual({ ...NOBODY, userId: 'user_42' })
  })

  it('[HS7] what stands in a prototype says nothing', () => {
    const auth = Object.create({ user_id: 'user_42' })
    expect(parseHandshake(auth)).toEqual(NOBODY)
    expect(parseHandshake(JSON.parse('{"__proto__": {"user_id": "user_42"}}'))).toEqual(NOBODY)
  })

  it('[HS8] nothing makes it throw, and every field is as it should be', () => {
    const seed = process.env.CARILLON_SEED
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withTypedArray: true,
      withNullPrototype: true,
    })
    const auth = fc.record({
      user_id: anything,
      username: anything,
      device_id: anything,
      notifications: anything,
    })
    fc.assert(
      fc.property(fc.oneof(anything, auth), (given) => {
        const { userId, username, deviceId, version, clientId } = parseHandshake(given)
        for (const name of [userId, username, deviceId, clientId])
          expect(name === null || name.length > 0).toBe(true)
        expect([1, 2]).toContain(version)
      }),
      seed === undefined ? {} : { seed: Number(seed) },
    )
  })
})
