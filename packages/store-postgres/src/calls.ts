/**
 * The appends that are under way. The database tells everybody of an append when it commits, and so perhaps
 * its own store before the answer has arrived. Who hears of it then would read at once what the answer is about
 * to bring: such news wait for the call.
 */
export interface Calls {
  /** A name for a call that no other store gives. */
  begin(): string
  end(call: string): void
  /** Calls back at once for a call that is not under way here, else a turn after its end. */
  whenOver(call: string, tell: () => void): void
}

export function createCalls(): Calls {
  const store = crypto.randomUUID()
  const underWay = new Map<string, (() => void)[]>()
  let made = 0
  return {
    begin() {
      const call = `${store}-${++made}`
      underWay.set(call, [])
      return call
    },
    end(call) {
      const waiting = underWay.get(call) ?? []
      underWay.delete(call)
      if (waiting.length === 0) return
      setImmediate(() => {
        for (const tell of waiting) tell()
      })
    },
    whenOver(call, tell) {
      const waiting = underWay.get(call)
      if (waiting === undefined) tell()
      else waiting.push(tell)
    },
  }
}
