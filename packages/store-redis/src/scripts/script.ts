import { createHash } from 'node:crypto'

export interface Script {
  readonly source: string
  /** How Redis calls it. */
  readonly sha: string
}

export function defineScript(...parts: readonly string[]): Script {
  const source = parts.join('\n')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

export const DAY_MS = 24 * 3600 * 1000

/**
 * How much longer than a cursor the stream is kept that it is on. Cursors are walked through once a day and taken
 * out of the lists of their users then: what went by itself before would stay in those lists.
 */
export const STREAM_GRACE_MS = 3 * DAY_MS

/** The clock is Redis's own. A number becomes text here: Lua itself would write a time as 1.7e+12. */
export const CLOCK = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function text(number) return string.format('%.0f', number) end
`

/*
 * What every script on a stream begins with. KEYS: meta, items, idempotency keys, cursors, expiries. ARGV: epoch
 * for a new stream, milliseconds after which who is away is forgotten ('' for never).
 *
 * Meta holds the epoch (e), the one before (p), head (h), base (b), the number of items (n), when the stream has to
 * be pruned next (d), and how far its cursors were walked through (w, y: see life.ts). Items, idempotency keys and n agree at all times: where they do not, Redis has
 * evicted something or somebody has changed it, and what is left is dropped under a new epoch, so that nobody
 * takes it for the whole.
 *
 * A stream that holds nothing is not kept for ever, or the names that strangers make up would be. The registry has
 * a place for each that holds something or that somebody has a cursor on, or nobody would find what has aged there.
 */
export const STREAM = `
local M, S, K, C, X = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local away, today = tonumber(ARGV[2]), math.floor(now / ${DAY_MS})

local function begin(epoch, before)
  -- Only where there is something: Redis checks its memory at the first write, which is to be the HSET then.
  if redis.call('EXISTS', S, K, X) > 0 then redis.call('UNLINK', S, K, X) end
  redis.call('HSET', M, 'e', epoch, 'p', before, 'h', '0', 'b', '0', 'n', '0')
  redis.call('HDEL', M, 'd')
  return { epoch = epoch, head = 0, base = 0, count = 0 }
end

local function open()
  local m = redis.call('HMGET', M, 'e', 'h', 'b', 'n', 'd')
  local count = tonumber(m[4])
  if m[1] and redis.call('XLEN', S) == count and redis.call('HLEN', K) == count then
    return { epoch = m[1], head = tonumber(m[2]), base = tonumber(m[3]), count = count, due = tonumber(m[5]) }
  end
  return begin(ARGV[1], m[1] or '')
end

local function persist()
  for _, key in ipairs({ M, C, S }) do redis.call('PERSIST', key) end
end

-- Where this cannot be written, what was asked for can be answered all the same.
local function touch(log)
  if log.count > 0 then return end
  for _, key in ipairs({ M, C, S }) do
    if away then redis.pcall('PEXPIRE', key, text(away + ${STREAM_GRACE_MS})) else redis.pcall('PERSIST', key) end
  end
end

-- Whether the stream has no place in the registry, or is not visited there: it lost its place.
local function isLost(log) return not log.due or log.due < now - ${2 * DAY_MS} end

-- A cursor: offset, epoch, and the day on which it was last moved or asked for. Older ones are without the day.
local function cursorOf(value)
  local offset, epoch, day = string.match(value, '^(%d+) (%S+) ?(%d*)$')
  return tonumber(offset), epoch, tonumber(day)
end

local function offsetOf(entry) return tonumber(string.match(entry[1], '^%d+')) end

-- Fields are always written in the same order: time, expiry, bytes, key, hash, id, content.
local place = { t = 2, e = 4, b = 6, k = 8, h = 10, i = 12, c = 14 }
local function field(entry, name) return entry[2][place[name]] end

local function forgetKeys(entries, count)
  local keys, passing = {}, {}
  for i = 1, count do
    keys[i] = field(entries[i], 'k')
    if field(entries[i], 'e') ~= '' then passing[#passing + 1] = entries[i][1] end
  end
  -- The stack of Lua is short.
  for i = 1, #keys, 1000 do redis.call('HDEL', K, unpack(keys, i, math.min(i + 999, #keys))) end
  for i = 1, #passing, 1000 do redis.call('ZREM', X, unpack(passing, i, math.min(i + 999, #passing))) end
end

local function trim(log, entries, count)
  if count == 0 then return end
  forgetKeys(entries, count)
  log.base = offsetOf(entries[count])
  log.count = log.count - count
  redis.call('XTRIM', S, 'MAXLEN', log.count)
end
`
