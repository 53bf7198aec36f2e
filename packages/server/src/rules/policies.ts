/** Who may do something in a channel. `members` are in it at that moment, `server` is the host alone. */
export type Audience = 'everyone' | 'users' | 'members' | 'server'

export const AUDIENCES: readonly Audience[] = ['everyone', 'users', 'members', 'server']

/** What a policy says of one action: an audience, or a question to the host. */
export type Right = Audience | ((question: never) => unknown)

/** What holds in the channels whose name fits a pattern. */
export interface Policy {
  readonly pattern: string
  readonly fits: (channel: string) => boolean
  readonly join: Right
  readonly send: Right
  readonly history: Right
  /** Notifications before the head that somebody who joins may ask for; `null` for as many as the protocol allows. */
  readonly rewind: number | null
  /** Seconds after which a notification expires at the latest; `null` for never. */
  readonly ttl: number | null
}

/** The first that fits. */
export function policyOf(policies: readonly Policy[], channel: string): Policy | undefined {
  return policies.find(({ fits }) => fits(channel))
}

/** `*` stands for any characters, none among them. Linear: no name can make it slow. */
export function patternOf(pattern: string): (name: string) => boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return (name) => name === pattern
  return (name) => {
    if (name.length < first.length + last.length) return false
    if (!name.startsWith(first) || !name.endsWith(last)) return false
    const end = name.length - last.length
    let at = first.length
    for (const part of others) {
      const found = name.indexOf(part, at)
      if (found < 0 || found + part.length > end) return false
      at = found + part.length
    }
    return true
  }
}
