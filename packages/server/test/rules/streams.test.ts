import type { StreamKey } from '@carillon/store'
import { describe, expect, test } from 'vitest'
import { isOwnRoom, roomOf, tagOf, wireNameOf } from '../../src/rules/streams.ts'

const key = (kind: StreamKey['kind'], name: string): StreamKey => ({ scope: '/', kind, name })

describe('streams', () => {
  test('[G8] never share a tag or a room, however they are named', () => {
    const names = ['a', 'b', 'u', 'c:a', 'u:a', '__proto__', '']
    const keys = names
      .flatMap((name) => [key('channel', name), key('user', name)])
      .concat(key('broadcast', ''))
    expect(new Set(keys.map(tagOf)).size).toBe(keys.length)
    expect(new Set(keys.map(roomOf)).size).toBe(keys.length)
  })

  test("[G8] live in rooms of ours: no name reaches a room of the host or a socket's own", () => {
    for (const name of ['admins', 'lS59SzDheBfNAzY7AAAA', '../x']) {
      expect(isOwnRoom(roomOf(key('channel', name)))).toBe(true)
    }
  })

  test('[P-STREAM] are called c:<channel>, b and u on the wire', () => {
    expect(wireNameOf(key('channel', 'devops'))).toBe('c:devops')
    expect(wireNameOf(key('broadcast', ''))).toBe('b')
    expect(wireNameOf(key('user', 'alice'))).toBe('u')
  })
})
