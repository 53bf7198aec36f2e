import type { NotificationStore } from '@carillon/store'

/** The moment at which a node kills itself, after so many appends. */
export interface Deadline {
  readonly after: number
  /** Before the store hears of the append, or when it is in the log and nobody has been told. */
  readonly when: 'before-append' | 'after-append'
}

/** The same store, which takes its whole process with it. */
export function dyingStore(store: NotificationStore, { after, when }: Deadline): NotificationStore {
  let appends = 0
  const die = (): void => {
    process.kill(process.pid, 'SIGKILL')
  }
  return {
    ...store,
    async append(entries) {
      appends += entries.length
      const isTime = appends >= after
      if (isTime && when === 'before-append') die()
      const outcomes = await store.append(entries)
      if (isTime) die()
      return outcomes
    },
  }
}
