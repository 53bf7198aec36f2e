import type { Metric, Workload } from './workload.ts'

const STORES = { memory: 'the memory store', sqlite: 'SQLite' } as const

/** One send at a time to a channel with a long history, and to one with a short one; for each store. */
export function deep(quick: boolean): readonly Workload[] {
  return [deepOn('memory', quick), deepOn('sqlite', quick)]
}

function deepOn(store: keyof typeof STORES, quick: boolean): Workload {
  const [few, many] = quick ? [100, 1_000] : [1_000, 1_000_000]
  const sends = quick ? 30 : 150
  const args = (folder: string) => ['--store', store, '--folder', folder, '--endless']
  return {
    name: 'deep',
    title: `One confirmed send to a channel with ${number(many)} stored notifications, on ${STORES[store]}`,
    text: TEXT[store],
    sides: {
      base: { label: number(few), program: 'carillon', args },
      subject: { label: number(many), program: 'carillon', args },
    },
    rounds: 18,
    metrics: METRICS,
    async prepare({ role, server, load, url, cpuOf }) {
      await server.call('fill', role === 'base' ? few : many)
      const crowd = { url, count: 1, parallel: 1, users: 'u', channels: null }
      await load.call('gather', { ...crowd, identity: 'identified' })
      let sent = 0
      const run = async (count: number): Promise<number> => {
        const { p50Ms } = await load.call('send', { url, inFlight: 1, count, from: sent })
        sent += count
        await load.call('received', url, sent)
        return p50Ms
      }
      await run(4 * sends)
      const step = async () => {
        let latency = Number.NaN
        const cpu = await cpuOf(async () => {
          latency = await run(sends)
        })
        return { latency, cpu: cpu / sends }
      }
      return [step]
    },
  }
}

const TEXT = {
  memory: `Both sides are Carillon on the memory store, told to keep everything. The history is appended beforehand through
the store's port, in batches; then a client sends, one at a time, and one other client is in the channel. What
it sends stays in the history too: some thousand by the end, on both sides.`,
  sqlite: `The same on \`@carillon/store-sqlite\`, with its own checks and syncs (FULL), told to keep everything.`,
} as const satisfies Record<keyof typeof STORES, string>

const METRICS: readonly Metric[] = [
  {
    key: 'latency',
    label: 'latency p50',
    unit: 'ms',
    digits: 3,
    compared: 'ratio',
    target: { atMost: 1.2 },
  },
  { key: 'cpu', label: 'server CPU per send', unit: 'µs', digits: 1, compared: 'ratio', target: null },
]

function number(value: number): string {
  return value.toLocaleString('en')
}
