import { BARE_AND_CARILLON, type Metric, type Workload } from './workload.ts'

const IN_FLIGHT = [1, 64] as const

/** A client sends and waits for the acknowledgement; one other client is in the channel. */
export function send(quick: boolean): Workload {
  const counts = quick ? { 1: 100, 64: 400 } : { 1: 600, 64: 3_000 }
  const warmUp = quick ? 100 : 3_000
  return {
    name: 'send',
    title: 'Confirmed sends with 1 and with 64 in flight, one member in the channel',
    sides: BARE_AND_CARILLON,
    rounds: 30,
    metrics: IN_FLIGHT.flatMap(metricsOf),
    async prepare({ load, url, cpuOf }) {
      const crowd = { url, count: 1, parallel: 1, users: 'u', channels: null }
      await load.call('gather', { ...crowd, identity: 'identified' })
      let sent = 0
      const run = async (inFlight: number, count: number) => {
        const latency = await load.call('send', { url, inFlight, count, from: sent })
        sent += count
        await load.call('received', url, sent)
        return latency
      }
      for (const inFlight of IN_FLIGHT) await run(inFlight, warmUp)
      return IN_FLIGHT.map((inFlight) => async () => {
        const count = counts[inFlight]
        let latency = { p50Ms: Number.NaN, p99Ms: Number.NaN }
        const cpu = await cpuOf(async () => {
          latency = await run(inFlight, count)
        })
        const { p50Ms, p99Ms } = latency
        return { [`p50-${inFlight}`]: p50Ms, [`p99-${inFlight}`]: p99Ms, [`cpu-${inFlight}`]: cpu / count }
      })
    },
  }
}

function metricsOf(inFlight: number): Metric[] {
  const label = `${inFlight} in flight`
  const ratio = { digits: 3, compared: 'ratio' } as const
  return [
    { key: `p50-${inFlight}`, label: `${label}: latency p50`, unit: 'ms', ...ratio, target: { atMost: 1.3 } },
    { key: `p99-${inFlight}`, label: `${label}: latency p99`, unit: 'ms', ...ratio, target: null },
    {
      key: `cpu-${inFlight}`,
      label: `${label}: server CPU per send`,
      unit: 'µs',
      ...ratio,
      digits: 1,
      target: null,
    },
  ]
}
