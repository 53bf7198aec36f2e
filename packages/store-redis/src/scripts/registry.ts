import { CLOCK, DAY_MS, defineScript } from './script.ts'

/*
 * The registry: a sorted set of the streams that hold something or that somebody has a cursor on, by when they have
 * to be pruned next. It lies in another slot than the streams, so no step can change both.
 */

/** ARGV: most streams. Answers {stream, score, …}: those whose time has come. */
export const TAKE_DUE = defineScript(
  CLOCK,
  `return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])`,
)

/**
 * ARGV: stream, time or '' for in a day, and so on. Makes it that each is visited at that time or earlier. One whose
 * time has come is being visited: the visit must see afterwards that something has changed.
 */
export const REMIND = defineScript(
  CLOCK,
  `
for at = 1, #ARGV, 2 do
  local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[at]))
  local due = tonumber(ARGV[at + 1]) or now + ${DAY_MS}
  if not known or due < known or known <= now then redis.call('ZADD', KEYS[1], text(due), ARGV[at]) end
end
`,
)

/**
 * ARGV: stream, its score when it was taken, when to come back ('' for never, 'later' for in an hour), 'more' to
 * come back at once; and so on. Changes nothing for a stream that somebody has reminded of meanwhile.
 */
export const RESCHEDULE = defineScript(
  CLOCK,
  `
for at = 1, #ARGV, 4 do
  local stream, due = ARGV[at], ARGV[at + 2]
  if redis.call('ZSCORE', KEYS[1], stream) == ARGV[at + 1] then
    -- Clocks differ between the nodes of a cluster: who is sent away should not stand at the door again at once.
    if due == '' then redis.call('ZREM', KEYS[1], stream)
    elseif due == 'later' then redis.call('ZADD', KEYS[1], text(now + 3600000), stream)
    elseif ARGV[at + 3] == '' then redis.call('ZADD', KEYS[1], text(math.max(tonumber(due), now + 1000)), stream)
    end
  end
end
`,
)
