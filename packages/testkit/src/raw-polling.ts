import { request } from 'node:http'

/** Speaks Engine.IO 4 by hand over HTTP long-polling. The bodies are as they are on the wire. */
export interface RawPolling {
  readonly sid: string
  /** Posts a body: frames, with `FRAME_END` between them. Resolves to the status of the answer, 0 for a torn one. */
  post(body: string): Promise<number>
  /** Waits for frames. Resolves to none when the server refuses, or tears the connection. */
  poll(): Promise<readonly string[]>
}

/** What stands between two frames of one body. */
export const FRAME_END = '\u001e'

/** Resolves when the session is open; no namespace is joined. */
export async function openPolling(url: string): Promise<RawPolling> {
  const address = new URL('/socket.io/?EIO=4&transport=polling', url)
  const { body } = await exchange(address, 'GET')
  const opened: unknown = JSON.parse(body.slice(1))
  const sid = String(Reflect.get(Object(opened), 'sid'))
  address.searchParams.set('sid', sid)
  return {
    sid,
    post: async (content) => (await exchange(address, 'POST', content)).status,
    poll: async () => {
      const answer = await exchange(address, 'GET')
      return answer.status === 200 ? answer.body.split(FRAME_END) : []
    },
  }
}

interface Exchanged {
  readonly status: number
  readonly body: string
}

/** A connection for each request: none is left open. */
function exchange(address: URL, method: 'GET' | 'POST', content = ''): Promise<Exchanged> {
  return new Promise((resolve) => {
    const torn = (): void => resolve({ status: 0, body: '' })
    const headers = method === 'POST' ? { 'content-type': 'text/plain;charset=UTF-8' } : {}
    const asking = request(address, { method, agent: false, headers }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        body += piece
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
      answer.on('error', torn)
      answer.on('close', torn)
    })
    asking.on('error', torn)
    asking.end(content)
  })
}
