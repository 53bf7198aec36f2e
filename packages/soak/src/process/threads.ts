import { Session } from 'node:inspector/promises'

interface Answer {
  readonly id: number
  readonly result?: { readonly usedSize?: number }
}

/**
 * Collects the garbage of every worker thread of this process, and adds up what is left. A thread has a heap of its
 * own, which nobody sees from outside: the threads are asked the way in which a debugger would ask them.
 */
export async function collectThreads(): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    const threads: string[] = []
    session.on('NodeWorker.attachedToWorker', ({ params }) => threads.push(params.sessionId))
    // The threads that are there are told before this is answered.
    await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    let bytes = 0
    for (const thread of threads) {
      await ask(session, thread, 'HeapProfiler.collectGarbage')
      bytes += (await ask(session, thread, 'Runtime.getHeapUsage')).result?.usedSize ?? 0
    }
    return bytes
  } finally {
    session.disconnect()
  }
}

let lastId = 0

function ask(session: Session, thread: string, method: string): Promise<Answer> {
  lastId += 1
  const id = lastId
  return new Promise((resolve, reject) => {
    const onMessage = ({ params }: { params: { sessionId: string; message: string } }): void => {
      if (params.sessionId !== thread) return
      const answer: Answer = JSON.parse(params.message)
      if (answer.id !== id) return
      session.off('NodeWorker.receivedMessageFromWorker', onMessage)
      resolve(answer)
    }
    session.on('NodeWorker.receivedMessageFromWorker', onMessage)
    session
      .post('NodeWorker.sendMessageToWorker', { sessionId: thread, message: JSON.stringify({ id, method }) })
      .catch(reject)
  })
}
