import type { LoadCommands } from '../load/main.ts'
import { startWorker } from '../workers.ts'
import type { Bench, Figures, Metric, Workload } from './workload.ts'

/** People who talk to each other: alone, and beside a thousand sockets that mean harm. */
export function hostile(quick: boolean): readonly Workload[] {
  const sizes = quick
    ? { people: 5, sockets: 24, aloneMs: 400, besideMs: 2_000 }
    : { people: 100, sockets: 1_000, aloneMs: 20_000, besideMs: 60_000 }
  return [true, false].map((isSpread) => withAddresses(isSpread, sizes))
}

interface Sizes {
  readonly people: number
  readonly sockets: number
  readonly aloneMs: number
  readonly besideMs: number
}

/** Started as SECURITY.md says. */
const EXPOSED = { program: 'exposed', nodeOptions: ['--v8-pool-size=0'] } as const
const SPACING_MS = 20
const FRAMES_PER_SECOND = 20

function withAddresses(isSpread: boolean, { people, sockets, aloneMs, besideMs }: Sizes): Workload {
  const addresses = isSpread ? 'each from an address of its own' : 'all from one address'
  return {
    name: 'hostile',
    title: `${people} people beside ${sockets.toLocaleString('en')} hostile sockets, ${addresses}`,
    ...(isSpread ? { text: TEXT } : {}),
    sides: {
      base: { label: 'alone', ...EXPOSED },
      subject: { label: 'beside them', ...EXPOSED },
    },
    rounds: 3,
    metrics: METRICS,
    async prepare(bench) {
      const talk = async (durationMs: number): Promise<Figures> => ({
        ...(await bench.load.call('talk', { url: bench.url, people, durationMs, spacingMs: SPACING_MS })),
      })
      await talk(aloneMs / 4)
      if (bench.role === 'base') return [() => watched(bench, aloneMs, talk)]
      let nth = 0
      const beside = (durationMs: number): Promise<Figures> =>
        underAttack(
          { url: bench.url, sockets, framesPerSecond: FRAMES_PER_SECOND, isSpread, nth: ++nth },
          () => talk(durationMs),
        )
      // What is done for the first thousand connections of a process has to be compiled.
      await beside(besideMs / 12)
      return [() => watched(bench, besideMs, beside)]
    },
  }
}

async function watched(
  { server }: Bench,
  durationMs: number,
  work: (durationMs: number) => Promise<Figures>,
): Promise<Figures> {
  await server.call('collect')
  await server.call('watchMemory')
  const figures = await work(durationMs)
  const { firstBytes, secondBytes } = await server.call('memory')
  return { ...NO_ATTACK, ...figures, memory: secondBytes / 2 ** 20, growth: secondBytes / firstBytes }
}

const NO_ATTACK: Figures = { frames: 0, returns: 0 }

/** In a process of its own, which takes what the machine has left over. */
async function underAttack(
  plan: Parameters<LoadCommands['attack']>[0],
  work: () => Promise<Figures>,
): Promise<Figures> {
  const attackers = startWorker<LoadCommands>('./load.js')
  try {
    await attackers.call('attack', plan)
    const figures = await work()
    const { frames, returns } = await attackers.call('endAttack')
    return { ...figures, frames, returns }
  } finally {
    await attackers.stop()
  }
}

const TEXT = `Both sides are Carillon, set up and started as [SECURITY.md](SECURITY.md#in-one-evening) says, with turns of 2 ms at
most, as many threads for garbage collection as there are processors to spare, and else the limits that are on by
default. Alone, the people talk for 20 seconds: fifty notifications a second in all, each to everybody. Beside them
the hostile sockets, for 60 seconds from their first connection on: ${FRAMES_PER_SECOND} frames a second each, whatever
they are told; who is cut off is back after a second. An eighth each of them sends what is no request; data of the
largest size with a value too many; requests for what they have no right to; joins and leaves; notifications to
channels of their own; questions for lists and statistics; questions for history; what is not even Socket.IO. Nobody
who means well is refused or cut off, and everybody has every notification once and in order, or the run fails.

The three processes share the machine. That of the attackers has the lowest priority, so that what is measured is what
the server does to the people's latency, and not that their own process has to wait for a processor.`

const METRICS: readonly Metric[] = [
  { ...ms('sentP50', 'send to acknowledgement p50'), target: null },
  { ...ms('sentP99', 'send to acknowledgement p99'), target: { atMost: 2 } },
  { ...ms('receivedP99', 'send to everybody p99'), target: { atMost: 2 } },
  {
    key: 'memory',
    label: 'memory of the server, the most',
    unit: 'MiB',
    digits: 0,
    compared: 'ratio',
    target: null,
  },
  {
    key: 'growth',
    label: 'the most in the second half against the first',
    unit: '',
    digits: 2,
    compared: 'ratio',
    target: { atMost: 1.1 },
  },
  { key: 'frames', label: 'frames of the hostile', unit: '', digits: 0, compared: 'ratio', target: null },
  {
    key: 'returns',
    label: 'connections after the first',
    unit: '',
    digits: 0,
    compared: 'ratio',
    target: null,
  },
]

function ms(key: string, label: string) {
  return { key, label, unit: 'ms', digits: 2, compared: 'ratio' } as const
}
