import { ServerEvent } from '@carillon/protocol'
import { BARE_AND_CARILLON, frameMetric, type Workload } from './workload.ts'

/** One notification to a channel of many, again and again, far enough apart that no two share a write. */
export function fanout(quick: boolean): Workload {
  const members = quick ? 100 : 1_000
  const sends = quick ? 10 : 20
  const warmUp = quick ? 10 : 60
  const spacingMs = quick ? 5 : 10
  return {
    name: 'fanout',
    title: `Fan-out of one notification to ${members.toLocaleString('en')} joined sockets`,
    sides: BARE_AND_CARILLON,
    rounds: 40,
    metrics: [
      {
        key: 'cpu',
        label: 'server CPU per delivery',
        unit: 'µs',
        digits: 2,
        compared: 'ratio',
        target: { atMost: 1.05 },
      },
      frameMetric('bytes', `frame of \`${ServerEvent.NotificationReceived}\``),
    ],
    async prepare({ server, load, url, cpuOf }) {
      const crowd = { url, count: members, parallel: 100, users: 'u', channels: null }
      await load.call('gather', { ...crowd, identity: 'identified' })
      await server.call('settled', members, quick ? 100 : 1_200)
      let sent = 0
      const send = async (count: number): Promise<void> => {
        await server.call('fanOut', sent, count, spacingMs)
        sent += count
      }
      await send(warmUp)
      const step = async () => {
        const cpu = await cpuOf(() => send(sends))
        return { cpu: cpu / (sends * members), bytes: await load.call('received', url, sent) }
      }
      return [step]
    },
  }
}
