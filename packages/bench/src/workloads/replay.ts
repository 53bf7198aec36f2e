import type { ReturnPlan } from '../load/returning.ts'
import type { ReturnKind } from '../load/visit.ts'
import type { Bench, Figures, Metric, Workload } from './workload.ts'

/** The clients of Carillon, each of them set against those of Socket.IO's recovery. */
const KINDS = ['v2', 'stock'] as const satisfies readonly ReturnKind[]

/** Clients that were away come back, all at once, to what they missed. */
export function replay(quick: boolean): Workload {
  const sizes = quick
    ? { clients: 50, items: 20, residents: 5, tailMs: 50 }
    : { clients: 1_000, items: 100, residents: 100, tailMs: 200 }
  const clients = sizes.clients.toLocaleString('en')
  return {
    name: 'replay',
    title: `Replay of ${sizes.items} missed notifications to each of ${clients} returning clients`,
    text: TEXT,
    sides: {
      base: { label: 'recovery', program: 'bare', args: () => ['--recovery'] },
      subject: { label: 'Carillon', program: 'carillon' },
    },
    rounds: 6,
    metrics: KINDS.flatMap(metricsOf),
    async prepare(bench) {
      const returnOf = await comeAndGo(bench, sizes)
      // The first to come back make the process compile what it needs for them.
      for (const kind of KINDS) await returnOf(kind)
      return KINDS.map((kind) => () => returnOf(kind))
    },
  }
}

const TEXT = `The base is bare Socket.IO with its own connection state recovery, on the in-memory adapter; Carillon runs on
its memory store. Everybody was in one channel, got lost, and comes back over a new connection, a hundred at a
time, while a hundred others stay. Rounds repeat the very same return, so that exactly these notifications are
stored, and one that recovery needs to begin at.

- *Recovery*: the client says its session and the last packet that it had. The server authenticates it again (a
  middleware takes the user that it claims, as Carillon does without \`authenticate\`), puts it back into its
  room by itself, and sends what it finds in the list of all packets. It sends nothing else to single sockets,
  because recovery would store that as well: the case that is best for it. The client checks that it was
  recovered.
- *Carillon, v2 clients*: the client brings its positions, is greeted, joins the channel from its position, gets
  an answer that must say \`recovered\` and how many are pending, and then these.
- *Carillon, stock clients*: the client brings nothing but its user, is greeted, and joins the channel; the
  server looks up its cursor.

In each case the client has everything that it missed, once and in order, before its return counts.`

interface Sizes {
  readonly clients: number
  readonly items: number
  /** Clients that stay, as on a server in use. */
  readonly residents: number
  readonly tailMs: number
}

/** Brings the clients to where they were when they went, and sends what they miss. Resolves to one return of them all. */
async function comeAndGo(
  { role, server, load, url, cpuOf }: Bench,
  { clients, items, residents, tailMs }: Sizes,
): Promise<(kind: (typeof KINDS)[number]) => Promise<Figures>> {
  const isRecovery = role === 'base'
  const plan = (kind: ReturnKind, missed: ReturnPlan['missed']): ReturnPlan => {
    const crowd = `${kind} of ${url}`
    return { url, crowd, kind, users: kind, count: clients, parallel: Math.min(clients, 100), missed }
  }
  const send = (from: number, count: number) => server.call('fanOut', from, count, 1)
  const leave = async ({ crowd }: ReturnPlan) => {
    await load.call('leave', crowd)
    await server.call('settled', residents, tailMs)
  }

  const staying = plan(isRecovery ? 'recovery' : 'stock', null)
  await load.call('visit', {
    ...staying,
    crowd: url,
    users: 'resident',
    count: residents,
    parallel: residents,
  })
  // Recovery goes by the last packet that a client has had: so there has to be one, and it is not missed.
  if (!isRecovery) await send(0, 1)
  for (const kind of isRecovery ? (['recovery'] as const) : KINDS) {
    const first = plan(kind, null)
    await load.call('visit', first)
    if (isRecovery) {
      await send(0, 1)
      await load.call('received', first.crowd, 1)
    }
    await leave(first)
  }
  await send(1, items)
  await load.call('received', url, 1 + items)

  return async (kind) => {
    const coming = plan(isRecovery ? 'recovery' : kind, { from: 1, count: items })
    // What earlier clients left behind is not the work of these.
    await server.call('collect')
    let frames = Number.NaN
    const cpu = await cpuOf(async () => {
      frames = (await load.call('visit', coming)).frames
      await server.call('settled', residents + clients, tailMs)
    })
    await leave(coming)
    return { [`cpu-${kind}`]: cpu / clients, [`frames-${kind}`]: frames }
  }
}

function metricsOf(kind: (typeof KINDS)[number]): Metric[] {
  const label = `${kind} clients`
  return [
    {
      key: `cpu-${kind}`,
      label: `${label}: server CPU per client`,
      unit: 'µs',
      digits: 0,
      compared: 'ratio',
      target: { atMost: kind === 'v2' ? 0.5 : 1 },
    },
    {
      key: `frames-${kind}`,
      label: `${label}: frames with notifications`,
      unit: '',
      digits: 0,
      compared: 'ratio',
      target: null,
    },
  ]
}
