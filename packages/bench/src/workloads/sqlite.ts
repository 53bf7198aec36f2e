import type { Metric, Workload } from './workload.ts'

const IN_FLIGHT = 64

/** The durable store beside the one in memory, under the same load. */
export function sqlite(quick: boolean): Workload {
  const count = quick ? 200 : 8_000
  const warmUp = quick ? 100 : 12_000
  const syncs = quick ? 5 : 100
  return {
    name: 'sqlite',
    title: `Confirmed sends with ${IN_FLIGHT} in flight on SQLite, one member in the channel`,
    text: TEXT,
    sides: {
      base: { label: 'memory', program: 'carillon' },
      subject: {
        label: 'SQLite',
        program: 'carillon',
        args: (folder) => ['--store', 'sqlite', '--folder', folder],
      },
    },
    rounds: 12,
    metrics: METRICS,
    async prepare({ role, server, load, url, folder, cpuOf }) {
      const crowd = { url, count: 1, parallel: 1, users: 'u', channels: null }
      await load.call('gather', { ...crowd, identity: 'identified' })
      let sent = 0
      const run = async (sends: number): Promise<number> => {
        const { wallMs } = await load.call('send', { url, inFlight: IN_FLIGHT, count: sends, from: sent })
        sent += sends
        await load.call('received', url, sent)
        return perSecond(sends, wallMs)
      }
      await run(warmUp)
      const step = async () => {
        const sync = await server.call('syncTime', folder, syncs)
        await server.call('watchLoop')
        let rate = Number.NaN
        const cpu = await cpuOf(async () => {
          rate = await run(count)
        })
        const { p50Ms, p99Ms } = await server.call('loopDelay')
        const figures = { sync, rate, cpu: cpu / count, p50: p50Ms }
        if (role === 'subject') return { ...figures, reach: rate, p99: p99Ms }
        return { ...figures, reach: Math.min(rate, perSecond(IN_FLIGHT, sync)), p99: p99Ms + sync }
      }
      return [step]
    },
  }
}

const TEXT = `Both sides are Carillon: on the memory store, and on \`@carillon/store-sqlite\` as it comes (\`synchronous\` is
FULL), which confirms what the disk has. *fsync* is the median time in which the disk of the database's folder
takes 4 KiB at the end of a file (\`write\` and \`fdatasync\`), measured by each server process before its turn.
No store can be faster than memory, and none that lets ${IN_FLIGHT} sends share a sync faster than ${IN_FLIGHT}
per fsync: the second row is set against the lesser of the two.

The event loop is watched by a timer of one millisecond (\`monitorEventLoopDelay\`); the delay is by how much it
is late. It has work of its own, which the memory store's shows. A loop that waited for the disk would be later
by an fsync each time: so the median may not be above the memory store's, nor the 99th percentile above the
memory store's and one fsync.

SQLite writes in a thread of its own. With the clients on the same machine that makes three that want a
processor.`

const METRICS: readonly Metric[] = [
  { key: 'rate', label: 'sends per second', unit: '/s', digits: 0, compared: 'ratio', target: null },
  {
    key: 'reach',
    label: 'sends per second; base: or 64 per fsync, if less',
    unit: '/s',
    digits: 0,
    compared: 'ratio',
    target: { atLeast: 0.8 },
  },
  { key: 'sync', label: 'fsync', unit: 'ms', digits: 3, compared: 'ratio', target: null },
  {
    key: 'p50',
    label: 'event-loop delay p50',
    unit: 'ms',
    digits: 2,
    compared: 'ratio',
    target: { atMost: 1 },
  },
  {
    key: 'p99',
    label: 'event-loop delay p99; base: and one fsync',
    unit: 'ms',
    digits: 2,
    compared: 'ratio',
    target: { atMost: 1 },
  },
  { key: 'cpu', label: 'server CPU per send', unit: 'µs', digits: 1, compared: 'ratio', target: null },
]

function perSecond(count: number, ms: number): number {
  return (count / ms) * 1_000
}
