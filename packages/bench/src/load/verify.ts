import { nthNotification, SENDER } from '../work.ts'

/** What one client must see next. */
export interface Expectation {
  next: number
  lastOffset: number
}

/** Reads every notification that arrives: right order, nothing twice, nothing missing, content as it was sent. */
export interface Verifier {
  check(expectation: Expectation, payload: unknown): void
  /** Whoever sees the nth notification, its receipt included, must see this id. */
  expectId(n: number, id: string): void
  complain(problem: string): void
  readonly problems: readonly string[]
}

const PROBLEMS_KEPT = 10

export function createVerifier(): Verifier {
  const problems: string[] = []
  const ids = new Map<number, string>()
  const complain = (problem: string): void => {
    if (problems.length < PROBLEMS_KEPT) problems.push(problem)
  }

  function check(expectation: Expectation, payload: unknown): void {
    const n = expectation.next++
    const fault = faultOf(payload, n)
    if (fault !== undefined) complain(`notification ${n}: ${fault} in ${JSON.stringify(payload)}`)
    const { id, offset } = payload as { id: string; offset: number }
    if (offset <= expectation.lastOffset)
      complain(`notification ${n}: offset ${offset} is not above the last`)
    expectation.lastOffset = offset
    expectId(n, id)
  }

  function expectId(n: number, id: string): void {
    const known = ids.get(n)
    if (known === undefined) ids.set(n, id)
    else if (known !== id) complain(`notification ${n}: two ids, ${known} and ${id}`)
  }

  function faultOf(payload: unknown, n: number): string | undefined {
    const expected = nthNotification(n)
    const got = payload as Partial<Record<string, unknown>>
    if (typeof got.id !== 'string' || got.id.length < 10) return 'id'
    if (got.title !== expected.title) return `title, expected "${expected.title}"`
    if (got.message !== expected.message) return 'message'
    if (got.type !== expected.type) return 'type'
    if (got.channel !== expected.channel) return 'channel'
    if (got.sender !== SENDER) return 'sender'
    if (typeof got.timestamp !== 'string') return 'timestamp'
    return sameData(got.data, expected.data) ? undefined : 'data'
  }

  return { check, expectId, complain, problems }
}

function sameData(got: unknown, expected: Readonly<Record<string, unknown>>): boolean {
  if (typeof got !== 'object' || got === null) return false
  const entries = Object.entries(got)
  return (
    entries.length === Object.keys(expected).length &&
    entries.every(([key, value]) => expected[key] === value)
  )
}
