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

/** How long a stream is known that nothing is appended to and nobody asks for. */
export const EMPTY_STREAM_MS = 30 * 24 * 3600 * 1000

/** The clock is Redis's own. A number becomes text here: Lua itself would write a time as 1.7e+12. */
export const CLOCK = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function text(number) return string.format('%.0f', number) end
`

/*
 * What every script on a stream begins with. KEYS: meta, items, idempotency keys, cursors, expiries.
 *
 * Meta holds the epoch (e), the one before (p), head (h), base (b), the number of items (n) and when the stream
 * has to be pruned next (d). Items, idempotency keys and n agree at all times: where they do not, Redis has
 * evicted something or somebody has changed it, and what is left is dropped under a new epoch, so that nobody
 * takes it for the whole.
 *
 * A stream that nothing was appended to is not kept for ever, or the names that strangers make up would be.
 */
export const STREAM = `
local M, S, K, C, X = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function begin(epoch, before)
  -- Only where there is something: Redis checks its memory at the first write, which is to be the HSET then.
  if redis.call('EXISTS', S, K, X) > 0 then redis.call('UNLINK', S, K, X) end
  redis.call('HSET', M, 'e', epoch, 'p', before, 'h', '0', 'b', '0', 'n', '0')
  redis.call('HDEL', M, 'd')
  return { epoch = epoch, head = 0, base = 0, count = 0 }
end

local function open(epoch)
  local m = redis.call('HMGET', M, 'e', 'h', 'b', 'n', 'd')
  local count = tonumber(m[4])
  if m[1] and redis.call('XLEN', S) == count and redis.call('HLEN', K) == count then
    return { epoch = m[1], head = tonumber(m[2]), base = tonumber(m[3]), count = count, due = tonumber(m[5]) }
  end
  return begin(epoch, m[1] or '')
end

local function touch(log)
  if log.head > 0 then return end
  redis.call('PEXPIRE', M, '${EMPTY_STREAM_MS}')
  redis.call('PEXPIRE', C, '${EMPTY_STREAM_MS}')
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
