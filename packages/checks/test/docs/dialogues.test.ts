import { attachNotifications } from '@carillon/server'
import { startServer } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { codeBlocksOf } from '../../src/markdown.ts'
import { playTranscript } from '../../src/player.ts'
import { read } from '../../src/repository.ts'

const dialogues = codeBlocksOf(read('docs/PROTOCOL.md'))
  .filter(({ language }) => language === 'transcript')
  .map(({ under, text }): [string, string] => [under, text])

async function play(text: string): Promise<void> {
  const server = await startServer({ onServer: (io) => attachNotifications(io, { log: false }) })
  try {
    await playTranscript(text, server.url)
  } finally {
    await server.close()
  }
}

test.each(dialogues)('[D8] the dialogue "%s" runs as PROTOCOL.md tells it', (_, text) => play(text))

describe('[D8] a dialogue that is not true is noticed:', () => {
  const greeting = 'CLIENT > connect\nSERVER < connection-confirmed {…}\n'
  let made = 0
  const sent = (id: string, key = `key ${++made}`) =>
    `CLIENT > send-notification {"channel": "a", "title": "t", "message": "m", "idempotencyKey": "${key}"}
SERVER < notification-sent {"notificationId": "${id}", …}\n`
  const wrong: [what: string, text: string, said: RegExp][] = [
    [
      'a wrong value',
      'CLIENT > connect\nSERVER < connection-confirmed {"version": 1, …}',
      /version is 2, the document/,
    ],
    [
      'a missing field',
      'CLIENT > connect\nSERVER < connection-confirmed {"color": "red", …}',
      /color is missing/,
    ],
    [
      'a field too many',
      'CLIENT > connect\nSERVER < connection-confirmed {"version": 2}',
      /is not in the document/,
    ],
    [
      'another event',
      `${greeting}CLIENT > join-channel "a"\nSERVER < channel-left {…}`,
      /another frame came/,
    ],
    ['a frame too many', `${greeting}CLIENT > join-channel "a"`, /got a frame that is not in the document/],
    ['one id for two', `${greeting}${sent('n_1')}${sent('n_1')}`, /notificationId is/],
    ['two ids for one', `${greeting}${sent('n_1', 'k')}${sent('n_2', 'k')}`, /notificationId is/],
    ['a line that is none', 'CLIENT connects', /not a line of a transcript/],
  ]

  test.each(wrong)('%s', async (_, text, said) => {
    await expect(play(text)).rejects.toThrow(said)
  })
})
