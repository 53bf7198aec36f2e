/* What waits, read off the objects of Engine.IO, ws and Node, of which some may be missing. */
import type { Socket } from 'socket.io'
import { expect, test } from 'vitest'
import { backlogOf } from '../src/edge/backlogs.ts'

/** As much of a connection as is looked at. */
function connection(parts: object, socket?: object): Socket['conn'] {
  const name = socket === undefined ? 'polling' : 'websocket'
  return { writeBuffer: [], transport: { name, socket }, ...parts } as unknown as Socket['conn']
}

const TCP = { bytesWritten: 900, writeQueueSize: 200 }
const TLS = { bytesWritten: 800, writeQueueSize: 800, _parent: TCP }
const over = (handle: object | null): object => ({ bufferedAmount: 300, _socket: { _handle: handle } })

test.each<[string, Socket['conn'], object]>([
  ['a WebSocket over TCP', connection({}, over(TCP)), { frames: 0, bytes: 300, taken: 700 }],
  ['a WebSocket over TLS', connection({}, over(TLS)), { frames: 0, bytes: 300, taken: 700 }],
  ['a network socket that is gone', connection({}, over(null)), { frames: 0, bytes: 300, taken: 0 }],
  [
    'another WebSocket implementation',
    connection({ writeBuffer: [{}] }, {}),
    { frames: 1, bytes: 0, taken: 0 },
  ],
  [
    'frames of text, of bytes, and without any',
    connection({ writeBuffer: [{ data: 'four' }, { data: Buffer.alloc(10) }, { type: 'ping' }] }, over(TCP)),
    { frames: 3, bytes: 314, taken: 700 },
  ],
  ['polling', connection({ writeBuffer: [{ data: 'four' }] }), { frames: 1, bytes: 4, taken: 0 }],
  ['nothing that is known', connection({ writeBuffer: null }, {}), { frames: 0, bytes: 0, taken: 0 }],
])('[S26] %s', (_, conn, expected) => {
  expect(backlogOf(conn)).toEqual(expected)
})
