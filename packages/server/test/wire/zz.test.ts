import { expect, test } from 'vitest'
import { pageClient, CLIENTS } from './page-clients.ts'
import { stage, afterTest } from './stage.ts'
for (const kind of CLIENTS) for (const n of [1,2,3])
test(`t ${kind.client} ${kind.transport}`, async () => {
  let t = performance.now()
  const lap = (s: string) => { const d = performance.now() - t; t = performance.now(); console.log(kind.client, kind.transport, n, s, d.toFixed(0)) }
  afterTest(() => lap('server'))
  const { url } = await stage()
  lap('stage')
  afterTest(() => lap('clients'))
  const client = pageClient(kind, url)
  await client.next('connection-confirmed')
  lap('connect')
})
