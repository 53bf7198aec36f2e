import type { Identity } from '../work.ts'
import { BARE_AND_CARILLON, type Bench, type Figures, type Workload } from './workload.ts'

const IDENTITIES = ['guest', 'identified'] as const satisfies readonly Identity[]

/** Memory of connections that have joined and do nothing. */
export function heap(quick: boolean): Workload {
  const connections = quick ? 200 : 2_000
  return {
    name: 'heap',
    title: `Heap per idle joined connection, ${connections.toLocaleString('en')} connections`,
    sides: BARE_AND_CARILLON,
    rounds: 3,
    metrics: IDENTITIES.map((identity) => ({
      key: identity,
      label: identity === 'guest' ? 'guests' : 'identified users',
      unit: 'B',
      digits: 0,
      compared: 'difference',
      target: { atMost: 700 },
    })),
    async prepare(bench) {
      // What is counted of everybody is counted in windows of ten seconds: idle is who has let one of them pass.
      const quietMs = quick ? 100 : 12_000
      // Whatever is made once, for the first connections, is not counted for all of them.
      for (const identity of IDENTITIES) await heapOf(bench, identity, connections / 4, quietMs)
      return IDENTITIES.map((identity) => () => heapOf(bench, identity, connections, quietMs))
    },
  }
}

let crowds = 0

async function heapOf(bench: Bench, identity: Identity, count: number, quietMs: number): Promise<Figures> {
  const { load, server, url } = bench
  const before = await server.call('heap')
  const users = `user-${++crowds}`
  await load.call('gather', { url, count, parallel: 100, identity, users, channels: null })
  // Coalesced statistics have gone out by then, their buffers are free, and whatever was short is so no more.
  await server.call('settled', count, quietMs)
  const bytes = ((await server.call('heap')) - before) / count
  await load.call('leave', url)
  await server.call('settled', 0, 300)
  return { [identity]: bytes }
}
