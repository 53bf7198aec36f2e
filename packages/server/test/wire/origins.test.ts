/*
 * Pages of other sites, and programs.
 * Ids: S27
 */
import { connectRaw } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { allowOrigins, NotificationsError } from '../../src/index.ts'
import { afterTest, stage } from './stage.ts'

describe('allowOrigins', () => {
  test('[S27] a page of another site cannot open a WebSocket, whatever cookies the browser sends', async () => {
    const allowRequest = allowOrigins(['https://app.example.com'])
    const { url } = await stage(
      {},
      { ioOptions: { allowRequest, cors: { origin: 'https://app.example.com' } } },
    )
    const from = (origin?: string) => {
      const headers = { cookie: 'session=1', ...(origin === undefined ? {} : { origin }) }
      const client = connectRaw(url, { headers })
      afterTest(client.close)
      return client
    }
    await from('https://app.example.com').next('connection-confirmed')
    await from().next('connection-confirmed')
    for (const origin of [
      'https://evil.example',
      'null',
      'https://app.example.com.evil.example',
      'http://app.example.com',
    ]) {
      expect(await from(origin).closed).toBe(1006)
    }
  })

  test.each([
    ['https://app.example.com/', 'must hold "https://app.example.com"'],
    ['https://app.example.com/path', 'must hold "https://app.example.com"'],
    ['HTTPS://app.example.com', 'must hold "https://app.example.com"'],
    ['https://app.example.com:443', 'must hold "https://app.example.com"'],
    ['*', 'must hold an origin'],
    ['app.example.com', 'must hold an origin'],
    ['null', 'must hold an origin'],
    [42, 'must hold text, got number'],
  ])('[S27] %s would never fit, and is named', (origin, message) => {
    const make = () => allowOrigins([origin as string])
    expect(make).toThrow(NotificationsError)
    expect(make).toThrow(message)
  })

  test('[S27] no origin at all is a mistake', () => {
    expect(() => allowOrigins([])).toThrow('got an empty one')
    expect(() => allowOrigins('https://app.example.com' as unknown as string[])).toThrow('got string')
  })
})
