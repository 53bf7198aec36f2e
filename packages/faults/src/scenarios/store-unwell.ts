import { until } from '@carillon/testkit'
import { prepareGround } from '../places.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'
import { underLoad } from './store-course.ts'
import type { CrewPlan } from './store-crew.ts'

/** One call in ten. */
const SHARE = 0.1
/** What never resolves is given up after this. */
const PATIENCE_MS = 200
const CONFIRMED_PER_ROUND = 60
const ROUND_MS = 60_000

/** R25: the store of each node throws, rejects with anything, answers nonsense, or never answers. */
export async function storeUnwell(
  kind: StorePlace['kind'],
  times: number,
  breaks: CrewPlan['orders'] = {},
): Promise<Verdict> {
  const { place, close } = await prepareGround(kind)
  try {
    const ill = (seed: number) => ({ ails: { share: SHARE, seed }, limits: { storeTimeoutMs: PATIENCE_MS } })
    const plan = { place, orders: { ...ill(1), ...breaks } }
    return await underLoad(plan, place, async (crew) => {
      const confirmed = (): number =>
        crew.senders.reduce(
          (sum, { sends }) => sum + sends.filter((send) => send.outcome.kind === 'confirmed').length,
          0,
        )
      for (let n = 1; n <= times; n++) {
        await until(() => confirmed() >= n * CONFIRMED_PER_ROUND, `round ${n} in spite of it`, ROUND_MS)
        // Who comes back asks for heads, pages and cursors, which live delivery does not need.
        for (const seat of crew.seats) seat.cut()
      }
      const ailed = await Promise.all(crew.seats.map((seat) => seat.ask('/recover')))
      crew.facts.ailed = ailed.reduce((sum, each) => sum + each.ailed, 0)
      await crew.flows('all goes on when the stores are well again')
    })
  } finally {
    await close()
  }
}
