import { parseHandshake, parseRequest } from '@carillon/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readIdentity, readPosition, readSends } from '../../src/rules/saved.ts'

const position = { user: 'alice', epoch: 'e1', offset: 7, id: 'n_1' }

test('[CL14] a position is read if it is this user’s, with its id or without', () => {
  expect(readPosition(position, 'alice')).toEqual({ epoch: 'e1', offset: 7, id: 'n_1' })
  expect(readPosition({ ...position, id: 5 }, 'alice')).toEqual({ epoch: 'e1', offset: 7 })
  expect(readPosition({ ...position, user: null }, null)).toMatchObject({ offset: 7 })
  for (const other of ['bob', null, undefined]) expect(readPosition(position, other)).toBeNull()
})

test.each([
  ['nothing', null],
  ['a text', 'alice'],
  ['a list', ['alice', 'e1', 7]],
  ['no epoch', { ...position, epoch: undefined }],
  ['an epoch of blanks', { ...position, epoch: '  ' }],
  ['an epoch without end', { ...position, epoch: 'e'.repeat(129) }],
  ['half a character', { ...position, epoch: '\ud800' }],
  ['a negative offset', { ...position, offset: -1 }],
  ['half an offset', { ...position, offset: 1.5 }],
  ['an offset in text', { ...position, offset: '7' }],
])('[CL14] a position is ignored: %s', (_, saved) => {
  expect(readPosition(saved, 'alice')).toBeNull()
})

test('[CL14] whatever is stored, what is read of it is nothing that a server would refuse', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('\u0000', ' ', '\ud800', 'e1'),
  )
  const saved = fc.record({ epoch: texts, offset: fc.oneof(fc.double(), fc.integer()), id: fc.option(texts) })
  const identity = fc.record({ id: texts, user: fc.anything() })
  fc.assert(
    fc.property(saved, identity, fc.anything(), (one, who, anything) => {
      const since = readPosition({ ...one, user: null }, null)
      expect(parseRequest('join-channel', ['devops', { since }]).ok).toBe(true)
      const clientId = readIdentity(who)?.id ?? null
      const notifications = { version: 2, clientId, since: { b: since, u: since } }
      expect(parseHandshake({ notifications })).toMatchObject({ version: 2, clientId })
      for (const read of [readIdentity, readSends]) read(anything)
      readPosition(anything, null)
    }),
  )
})

test('[CL13] sends without a key are ignored, and so is what is no list', () => {
  const fine = { notification: { title: 'a', message: 'b', idempotencyKey: 'k' }, timeoutMs: 5 }
  expect(readSends([fine, null, 5, {}, { notification: { title: 'a' } }])).toEqual([fine])
  for (const saved of [null, {}, 'x', 5]) expect(readSends(saved)).toEqual([])
})
