import { Session } from 'node:inspector/promises'

/** What an object has to have of its own to be counted under a name. */
export type Shapes = Readonly<Record<string, readonly string[]>>

export type Census = Readonly<Record<string, number>>

/**
 * Counts the objects of this process that are alive, by shape. The product keeps its records where nobody can look
 * from outside, so this asks the heap itself: what is counted is what is really held, by whomever.
 */
export async function countAlive(shapes: Shapes): Promise<Census> {
  const session = new Session()
  session.connect()
  try {
    const prototype = await session.post('Runtime.evaluate', { expression: 'Object.prototype' })
    const prototypeObjectId = prototype.result.objectId ?? ''
    const { objects } = await session.post('Runtime.queryObjects', { prototypeObjectId })
    const { result } = await session.post('Runtime.callFunctionOn', {
      objectId: objects.objectId ?? '',
      functionDeclaration: COUNT.toString(),
      arguments: [{ value: shapes }],
      returnByValue: true,
    })
    return Object.fromEntries(Object.entries(result.value).map(([name, count]) => [name, Number(count)]))
  } finally {
    session.disconnect()
  }
}

/** Runs on the list of all objects, on its own: it must not use anything from here. */
function COUNT(this: readonly object[], shapes: Shapes): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of Object.keys(shapes)) counts[name] = 0
  for (const object of this) {
    for (const [name, fields] of Object.entries(shapes)) {
      if (fields.every((field) => Object.hasOwn(object, field))) {
        counts[name] = (counts[name] ?? 0) + 1
      }
    }
  }
  return counts
}
