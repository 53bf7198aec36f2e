import type { NotificationStore } from '@carillon/store'
import { entriesFrom } from './entries.ts'
import type { Pace, PaceAnswer, PaceQuestion } from './orders.ts'

const TOGETHER = 64

/** Measures when it is asked to, so that the stores can take turns. */
export function servePaces(store: NotificationStore): void {
  // Numbers of this process alone: the store keeps what earlier ones appended.
  const made = { count: 0 }
  process.on('message', (question: PaceQuestion) => {
    measure(store, question, made).then(
      (answer) => process.send?.(answer),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit(0))
}

async function measure(
  store: NotificationStore,
  { pace, ms }: PaceQuestion,
  made: { count: number },
): Promise<PaceAnswer> {
  const { lines, perCall } = shapeOf(pace)
  const before = made.count
  const began = performance.now()
  const line = async (): Promise<void> => {
    while (performance.now() < began + ms) {
      const first = made.count
      made.count += perCall
      const outcomes = await store.append(entriesFrom(first, perCall))
      if (!outcomes.every(({ outcome }) => outcome === 'written')) throw new Error('not all was written')
    }
  }
  await Promise.all(Array.from({ length: lines }, line))
  const seconds = (performance.now() - began) / 1000
  // Outside of what is measured, as the server does it now and then.
  await store.prune()
  return { perSecond: (made.count - before) / seconds }
}

function shapeOf(pace: Pace): { readonly lines: number; readonly perCall: number } {
  switch (pace) {
    case 'one by one':
      return { lines: 1, perCall: 1 }
    case '64 in a call':
      return { lines: 1, perCall: TOGETHER }
    case '64 calls at once':
      return { lines: TOGETHER, perCall: 1 }
  }
}
