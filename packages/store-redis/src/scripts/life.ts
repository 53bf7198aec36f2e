import { CLOCK, defineScript, STREAM } from './script.ts'

/**
 * Empties a stream. ARGV: the new epoch, channel, header of the message, JSON of the stream, 'cursors' to drop
 * those too. Answers {epoch, head}. A client may send the same command again after a lost reply: the second time
 * must not take what was appended meanwhile, nor bring back an epoch.
 */
export const CLEAR = defineScript(
  CLOCK,
  STREAM,
  `
local m = redis.call('HMGET', M, 'e', 'p', 'h')
if m[1] == ARGV[1] or m[2] == ARGV[1] then return { m[1], m[3] } end
local log = begin(ARGV[1], m[1] or '')
if ARGV[5] == 'cursors' then redis.call('UNLINK', C) end
touch(log)
redis.pcall('PUBLISH', ARGV[2], ARGV[3] .. ' [' .. ARGV[4] .. ',"' .. log.epoch .. '",0,[]]')
return { log.epoch, '0' }
`,
)

/**
 * One step of pruning one stream. ARGV: epoch for a new stream, most items, longest age or '', most items to drop.
 * Answers {number of dropped items, when to come back or '' for never, 'more' when this was not all}.
 */
export const PRUNE = defineScript(
  CLOCK,
  STREAM,
  `
local log = open(ARGV[1])
local step = tonumber(ARGV[4])
local excess, oldest = log.count - ARGV[2], ARGV[3] == '' and -1 or now - ARGV[3]

local function isOver(entry, at) return entry and (at <= excess or tonumber(field(entry, 't')) < oldest) end

-- Most visits find that even the oldest may stay.
local page, gone = redis.call('XRANGE', S, '-', '+', 'COUNT', 1), 0
if isOver(page[1], 1) then page = redis.call('XRANGE', S, '-', '+', 'COUNT', step) end
while isOver(page[gone + 1], gone + 1) do gone = gone + 1 end
trim(log, page, gone)

local expired = redis.call('ZRANGEBYSCORE', X, '-inf', text(now), 'LIMIT', 0, step)
for _, id in ipairs(expired) do
  local entry = redis.call('XRANGE', S, id, id)
  forgetKeys(entry, #entry)
  redis.call('ZREM', X, id)
  log.count = log.count - redis.call('XDEL', S, id)
end

local more, due = gone == step or #expired == step, ''
if log.count > 0 then
  local first = redis.call('XRANGE', S, '-', '+', 'COUNT', 1)[1]
  local next = redis.call('ZRANGE', X, 0, 0, 'WITHSCORES')[2]
  due = now + ${24 * 3600 * 1000}
  if ARGV[3] ~= '' then due = math.min(due, field(first, 't') + ARGV[3] + 1) end
  if next then due = math.min(due, tonumber(next)) end
  due = text(more and now or due)
end
redis.call('HSET', M, 'b', text(log.base), 'n', text(log.count))
if due == '' then redis.call('HDEL', M, 'd') else redis.call('HSET', M, 'd', due) end
touch(log)
return { text(gone + #expired), due, more and 'more' or '' }
`,
)
