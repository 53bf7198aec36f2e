import type { IncomingMessage, ServerResponse } from 'node:http'
import type { NotificationStore } from '@carillon/store'

/** What a scenario may ask of a node while it runs, each by its path, and the answer. */
export interface Errands {
  /** Prunes the store by this process's clock. */
  '/prune': { readonly dropped: number }
  /** What its clock shows. */
  '/time': { readonly now: number }
  /** What ails the store on purpose ends. Answers how often it did. */
  '/recover': { readonly ailed: number }
}

type Errand = { readonly [Path in keyof Errands]: () => Errands[Path] | Promise<Errands[Path]> }

/** Answers errands over HTTP; what is Socket.IO's does not come here. */
export function errandsOf(
  store: Pick<NotificationStore, 'prune'>,
  recover: () => number,
): (request: IncomingMessage, response: ServerResponse) => void {
  const errands: Errand = {
    '/prune': async () => ({ dropped: await store.prune() }),
    '/time': () => ({ now: Date.now() }),
    '/recover': () => ({ ailed: recover() }),
  }
  const isErrand = (path: string): path is keyof Errands => Object.hasOwn(errands, path)
  async function answer(path: string, response: ServerResponse): Promise<void> {
    try {
      if (isErrand(path)) response.end(JSON.stringify(await errands[path]()))
      else response.writeHead(404).end()
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  }
  return ({ url = '' }, response) => void answer(url, response)
}
