import { ServerEvent } from '@carillon/protocol'
import { BARE_AND_CARILLON, frameMetric, type Metric, type Workload } from './workload.ts'

/** Everybody comes at once: connect, greeting, join, answer. */
export function storm(quick: boolean): Workload {
  const sizes = quick ? [50, 100] : [500, 1_000, 2_000, 4_000]
  const smallest = sizes[0] ?? 0
  const largest = sizes.at(-1) ?? 0
  // A small storm is over before it has told much: it comes several times.
  const fewest = quick ? 100 : 2_000
  const tailMs = quick ? 50 : 200
  const residents = quick ? 10 : 100
  return {
    name: 'storm',
    title: 'Connect-and-join storm, 256 clients at a time, 50 channels, 100 clients there before',
    sides: BARE_AND_CARILLON,
    rounds: 18,
    roundsPerProcess: 3,
    metrics: [
      ...sizes.map(sizeMetric),
      {
        key: 'growth',
        label: `CPU per client at ${number(largest)} over that at ${number(smallest)}`,
        unit: '',
        digits: 2,
        compared: 'ratio',
        target: { atMost: 1.25 },
      },
      frameMetric('greeting', `frame of \`${ServerEvent.ConnectionConfirmed}\``),
      frameMetric('joined', `frame of \`${ServerEvent.ChannelJoined}\``),
    ],
    async prepare({ server, load, url, cpuOf }) {
      const crowd = `storm of ${url}`
      let storms = 0
      const comers = { url, channels: 50, identity: 'identified' } as const
      // Without a socket left, each collection would throw compiled code away, and every storm pay for it again.
      await load.call('gather', { ...comers, count: residents, parallel: residents, users: 'resident' })
      const once = async (size: number) => {
        const users = `user-${++storms}`
        let bytes = { greeting: Number.NaN, joined: Number.NaN }
        const cpu = await cpuOf(async () => {
          const figures = await load.call('gather', { ...comers, crowd, count: size, parallel: 256, users })
          bytes = { greeting: figures.greetingBytes, joined: figures.joinedBytes }
          await server.call('settled', residents + size, tailMs)
        })
        await load.call('leave', crowd)
        await server.call('settled', residents, tailMs)
        return { cpu, ...bytes }
      }
      const run = async (size: number) => {
        // What earlier clients left behind is not the work of these.
        await server.call('collect')
        const times = Math.ceil(fewest / size)
        let all = await once(size)
        for (let time = 1; time < times; time++) all = { ...all, cpu: all.cpu + (await once(size)).cpu }
        const { cpu, ...bytes } = all
        return { [`cpu-${size}`]: cpu / (size * times), ...bytes }
      }
      // The first clients of a process pay for compiling it.
      await run(quick ? 20 : 2_500)
      return sizes.map((size) => () => run(size))
    },
    derive: (figures) => ({
      growth: (figures[`cpu-${largest}`] ?? Number.NaN) / (figures[`cpu-${smallest}`] ?? Number.NaN),
    }),
  }
}

function sizeMetric(size: number): Metric {
  return {
    key: `cpu-${size}`,
    label: `${number(size)} clients: server CPU per client`,
    unit: 'µs',
    digits: 0,
    compared: 'ratio',
    target: { atMost: 1.25 },
  }
}

function number(value: number): string {
  return value.toLocaleString('en')
}
