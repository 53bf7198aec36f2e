import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import type { Role } from '../src/messages.ts'

const CHANNEL = 'worker_threads'

/** Sees every worker thread that is started from now on in this test. */
export function watchWorkers(): { readonly started: Worker[]; last(role: Role): Worker } {
  const started: Worker[] = []
  const note = (message: unknown): void => {
    const worker =
      typeof message === 'object' && message !== null && 'worker' in message ? message.worker : null
    if (worker instanceof Worker) started.push(worker)
  }
  subscribe(CHANNEL, note)
  onTestFinished(() => void unsubscribe(CHANNEL, note))
  return {
    started,
    last(role) {
      // The writer is started with the store, the reader when it is needed.
      const found = role === 'reader' ? started.at(-1) : started.at(0)
      if (found === undefined) throw new Error(`no ${role} was started`)
      return found
    },
  }
}
