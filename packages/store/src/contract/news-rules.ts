import assert from 'node:assert/strict'
import type { News, NotificationStore } from '../port.ts'
import { HOSTILE_NAMES, only, type Rule, type Trial } from './trial.ts'

interface Heard {
  readonly news: News[]
  gaps: number
  stop(): void
}

/** Listens from a moment on that the store itself has named. */
async function listening(
  { eventually }: Trial,
  store: NotificationStore,
  onNews?: (news: News) => void,
): Promise<Heard> {
  assert.ok(store.listen !== undefined, 'a store that is shared must have `listen`')
  const news: News[] = []
  const heard: Heard = { news, gaps: 0, stop: () => undefined }
  heard.stop = store.listen({
    onNews: (one) => {
      news.push(one)
      onNews?.(one)
    },
    onGap: () => {
      heard.gaps += 1
    },
  })
  await eventually(() => heard.gaps > 0, 'onGap says from when on news are heard')
  return heard
}

export const newsRules: readonly Rule[] = [
  {
    id: 'ST40',
    title: 'what somebody else appends to shared data is told, with the item or as a hint to read it',
    run: async (trial) => {
      const { append, entry, eventually, reopened, store, stream } = trial
      if (!store.shared) return
      const heard = await listening(trial, store)
      await reopened(async (other) => {
        const streams = HOSTILE_NAMES.flatMap((name) => [stream(name), stream(name, 'user')])
        streams.push(stream('', 'broadcast'))
        const written = await append(
          streams.map((one) => entry(one)),
          other,
        )
        for (const [at, { kind, name, scope }] of streams.entries()) {
          const told = (): News | undefined =>
            heard.news.find(
              ({ stream: of, head, epoch }) =>
                of.kind === kind &&
                of.name === name &&
                of.scope === scope &&
                head === written[at]?.offset &&
                epoch === written[at]?.epoch,
            )
          await eventually(() => told() !== undefined, `news of ${kind} ${JSON.stringify(name)}`)
          const { item } = told() ?? { item: null }
          if (item !== null) assert.equal(item.id, written[at]?.id)
        }
      })
      heard.stop()
    },
  },
  {
    id: 'ST41',
    title: 'an item that is told is the one that is read, and is there to be read when it is told',
    run: async (trial) => {
      const { append, entry, eventually, readAll, reopened, store, stream } = trial
      if (!store.shared) return
      const devops = stream('devops')
      const behind: Promise<number>[] = []
      const heard = await listening(trial, store, ({ stream: { scope }, head }) => {
        if (scope === trial.scope) behind.push(readAll(devops).then((page) => head - page.head))
      })
      await reopened(async (other) => {
        for (let at = 0; at < 20; at++) await append([entry(devops), entry(devops)], other)
        const isLast = ({ stream: of, head }: News): boolean => of.scope === trial.scope && head === 40
        await eventually(() => heard.news.some(isLast), 'news of the last one')
      })
      for (const distance of await Promise.all(behind)) assert.ok(distance <= 0, 'told before it was there')
      const { items } = await readAll(devops)
      for (const { item, stream: of } of heard.news) {
        if (item !== null && of.scope === trial.scope) assert.deepEqual(item, items[item.offset - 1])
      }
      heard.stop()
    },
  },
  {
    id: 'ST42',
    title: 'a stream that was cleared is told of under its new epoch',
    run: async (trial) => {
      const { append, entry, eventually, reopened, store, stream } = trial
      if (!store.shared) return
      const devops = stream('devops')
      const heard = await listening(trial, store)
      await reopened(async (other) => {
        await append([entry(devops)], other)
        const { epoch } = await other.clear(devops)
        const isNews = (news: News): boolean => news.epoch === epoch
        await eventually(() => heard.news.some(isNews), 'news of the new epoch')
      })
      heard.stop()
    },
  },
  {
    id: 'ST43',
    title: 'a listener that has ended hears nothing more, and the others go on',
    run: async (trial) => {
      const { append, entry, eventually, reopened, store, stream } = trial
      if (!store.shared) return
      const devops = stream('devops')
      const ended = await listening(trial, store)
      const going = await listening(trial, store)
      ended.stop()
      ended.stop()
      const before = ended.news.length
      await reopened(async (other) => {
        const { offset } = only(await append([entry(devops)], other))
        const isIt = ({ stream: of, head }: News): boolean => of.scope === trial.scope && head === offset
        await eventually(() => going.news.some(isIt), 'news for who still listens')
      })
      assert.equal(ended.news.length, before)
      going.stop()
    },
  },
]
