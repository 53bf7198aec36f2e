import { until } from '@carillon/testkit'
import type { Holding } from '../history.ts'
import type { Usage } from '../node/usage.ts'
import type { Service } from './service.ts'

const MB = 2 ** 20
/** Code that is compiled on the way, and the caches of a store. */
const HEAP_SLACK_MB = 32
const GONE_MS = 10_000

/** I8: what a node holds, set against what it held with the same clients before everything began. */
export async function leftoversOf(service: Service, before: Usage): Promise<Holding[]> {
  // Dead connections end within a ping interval and a timeout.
  const isClear = async (): Promise<boolean> => (await service.usage()).connections <= before.connections
  await until(isClear, 'dead connections are gone', GONE_MS).catch(() => undefined)
  const after = await service.usage()
  return [
    { what: 'connections of the node', before: before.connections, after: after.connections, slack: 0 },
    { what: 'rooms of the node', before: before.rooms, after: after.rooms, slack: 0 },
    {
      what: 'heap of the node in MB',
      before: Math.round(before.heapBytes / MB),
      after: Math.round(after.heapBytes / MB),
      slack: HEAP_SLACK_MB,
    },
  ]
}
