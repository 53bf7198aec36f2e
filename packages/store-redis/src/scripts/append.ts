import { CLOCK, defineScript, STREAM } from './script.ts'

/** How long a place in the registry is good at least, for entries that come again with it. */
const REGISTERED_MS = 10_000

/** How many values each entry takes among the arguments. */
export const ENTRY_ARGUMENTS = 6

/**
 * Appends entries to one stream and tells of them. ARGV[3] on: most items, life of the shortest-lived entry, until
 * when the stream stands in the registry, channel, header of the message, JSON of the stream, most bytes of a
 * message; then per entry: key, hash, ttl, bytes, JSON of the id, JSON of the content.
 *
 * Answers {'register', due} and does nothing when the stream has to be in the registry first, so that no item can
 * be there that no prune ever finds. Else {epoch, time, due or '', …}, and per entry {offset, expiry}, for a
 * duplicate {offset, expiry, time, id}, {} for a conflict, and a sentence for what Redis would not take.
 */
export const APPEND = defineScript(
  CLOCK,
  STREAM,
  `
local first, per = 10, ${ENTRY_ARGUMENTS}
local total = (#ARGV - first + 1) / per
local most, due, registered = tonumber(ARGV[3]), now + ARGV[4], tonumber(ARGV[5])
local time = text(now)

-- nil when the key is remembered without its item.
local function duplicate(offset, hash)
  local entry = redis.call('XRANGE', S, offset .. '-0', offset .. '-0')[1]
  if not entry then return nil end
  if field(entry, 'h') ~= hash then return {} end
  return { offset, field(entry, 'e'), field(entry, 't'), field(entry, 'i') }
end

local function publish(log, items, size)
  local message = ARGV[7]
  if #items > 0 then
    local list = size > tonumber(ARGV[9]) and '' or table.concat(items, ',')
    message = message .. ' [' .. ARGV[8] .. ',"' .. log.epoch .. '",' .. text(log.head) .. ',[' .. list .. ']]'
  end
  -- Who may not publish may still append: other nodes find what they were not told when they look.
  redis.pcall('PUBLISH', ARGV[6], message)
end

local function failure(reply) return type(reply) == 'table' and reply.err end

-- Everything that the entry needs besides, then the entry: whatever Redis would not take, nothing is left over.
local function put(key, entry, offset, expires, at)
  local failed = failure(redis.pcall('HSET', K, key, offset))
  if failed then return failed end
  failed = expires ~= '' and failure(redis.pcall('ZADD', X, expires, entry))
  failed = failed or failure(redis.pcall('XADD', S, entry, 't', time, 'e', expires, 'b', ARGV[at + 3],
    'k', key, 'h', ARGV[at + 1], 'i', ARGV[at + 4], 'c', ARGV[at + 5]))
  if not failed then return nil end
  redis.call('HDEL', K, key)
  redis.call('ZREM', X, entry)
  return failed
end

local function add(log, at, items)
  local offset, ttl = text(log.head + 1), ARGV[at + 2]
  local expires = ttl == '' and '' or text(now + ttl)
  local failed = put(ARGV[at], offset .. '-0', offset, expires, at)
  -- There is an item at or above this offset: see the last line.
  if failed and string.find(failed, 'equal or smaller', 1, true) then return nil end
  if failed then return failed end
  log.head, log.count = log.head + 1, log.count + 1
  items[#items + 1] = '[' .. offset .. ',' .. time .. ',' .. (expires == '' and 'null' or expires)
    .. ',' .. ARGV[at + 4] .. ',' .. ARGV[at + 5] .. ']'
  return { offset, expires }
end

local function finish(log, wasEmpty, items)
  local excess = math.min(log.count - most, #items + 500)
  if excess > 0 then trim(log, redis.call('XRANGE', S, '-', '+', 'COUNT', excess), excess) end
  if wasEmpty then persist() end
  local wasLost = isLost(log)
  local known = wasLost and registered or log.due
  if wasLost or due < log.due then log.due = due end
  redis.call('HSET', M, 'h', text(log.head), 'b', text(log.base), 'n', text(log.count), 'd', text(log.due))
  return due < known and text(due) or ''
end

local function append(log)
  local digests = {}
  for i = 1, total do digests[i] = ARGV[first + (i - 1) * per] end
  local known, wasEmpty = redis.call('HMGET', K, unpack(digests)), log.count == 0
  local fresh, items, outcomes, size = {}, {}, {}, 0
  for i = 1, total do
    local at = first + (i - 1) * per
    local offset = fresh[digests[i]] or known[i]
    local outcome = offset and duplicate(offset, ARGV[at + 1])
    if not offset then
      outcome = add(log, at, items)
      if outcome and type(outcome) == 'table' then
        fresh[digests[i]] = outcome[1]
        size = size + #items[#items]
      end
    end
    if not outcome then return nil end
    outcomes[i] = outcome
  end
  local lowered = #items > 0 and finish(log, wasEmpty, items) or ''
  publish(log, items, size)
  return { log.epoch, time, lowered, outcomes }
end

local log = open()
if isLost(log) and registered <= now then
  touch(log)
  -- The stream must still stand in the registry when the entries come again; an earlier visit is asked for then.
  return { 'register', text(math.max(due, now + ${REGISTERED_MS})) }
end
-- Not even an offset above the head may be there: nothing that disagrees with meta can be trusted.
return append(log) or append(begin(ARGV[1], log.epoch))
`,
)
