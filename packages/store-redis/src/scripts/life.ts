import { CLOCK, DAY_MS, defineScript, STREAM } from './script.ts'

/**
 * Empties a stream. ARGV[3] on: channel, header of the message, JSON of the stream, 'cursors' to drop those too.
 * Answers {epoch, head}. A client may send the same command again after a lost reply: the second time must not take
 * what was appended meanwhile, nor bring back an epoch.
 */
export const CLEAR = defineScript(
  CLOCK,
  STREAM,
  `
local m = redis.call('HMGET', M, 'e', 'p', 'h')
if m[1] == ARGV[1] or m[2] == ARGV[1] then return { m[1], m[3] } end
local log = begin(ARGV[1], m[1] or '')
if ARGV[6] == 'cursors' then redis.call('UNLINK', C) end
touch(log)
redis.pcall('PUBLISH', ARGV[3], ARGV[4] .. ' [' .. ARGV[5] .. ',"' .. log.epoch .. '",0,[]]')
return { log.epoch, '0' }
`,
)

/*
 * One step of walking through the cursors, once a day. Meta remembers where the walk stands (w), and the day on
 * which the last one began (y). A cursor counts from the end of the day of its last use; one without a day, of an
 * older release, from today. What is old is answered, not dropped: it has to leave the list of its user first.
 */
const WALK = `
local function walk(step)
  if not away then return {}, false end
  local m = redis.call('HMGET', M, 'w', 'y')
  local place = m[1]
  if not place and m[2] == text(today) then return {}, false end
  local page, old = redis.call('HSCAN', C, place or '0', 'COUNT', step), {}
  for at = 1, #page[2], 2 do
    local name, value = page[2][at], page[2][at + 1]
    local offset, epoch, day = cursorOf(value)
    if offset and not day then
      redis.call('HSET', C, name, text(offset) .. ' ' .. epoch .. ' ' .. text(today))
    elseif offset and now - (day + 1) * ${DAY_MS} >= away then
      old[#old + 1] = name
      old[#old + 1] = value
    end
  end
  if not place then redis.call('HSET', M, 'y', text(today)) end
  local isOver = page[1] == '0'
  if isOver then redis.call('HDEL', M, 'w') else redis.call('HSET', M, 'w', page[1]) end
  return old, not isOver
end
`

/**
 * One step of pruning one stream. ARGV[3] on: most items, longest age or '', most items to drop and cursors to look
 * at. Answers {number of dropped items, when to come back or '' for never, 'more' when this was not all, old
 * cursors: subscriber, value, and so on}.
 */
export const PRUNE = defineScript(
  CLOCK,
  STREAM,
  WALK,
  `
local log = open()
local step = tonumber(ARGV[5])
local excess, oldest = log.count - ARGV[3], ARGV[4] == '' and -1 or now - ARGV[4]

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

local old, isWalking = walk(step)
local more, due = gone == step or #expired == step or isWalking, ''
if log.count > 0 then
  local first = redis.call('XRANGE', S, '-', '+', 'COUNT', 1)[1]
  local next = redis.call('ZRANGE', X, 0, 0, 'WITHSCORES')[2]
  due = now + ${DAY_MS}
  if ARGV[4] ~= '' then due = math.min(due, field(first, 't') + ARGV[4] + 1) end
  if next then due = math.min(due, tonumber(next)) end
elseif away and redis.call('EXISTS', C) == 1 then due = now + ${DAY_MS}
end
if due ~= '' then due = text(more and now or due) end
redis.call('HSET', M, 'b', text(log.base), 'n', text(log.count))
if due == '' then redis.call('HDEL', M, 'd') else redis.call('HSET', M, 'd', due) end
touch(log)
return { text(gone + #expired), due, more and 'more' or '', old }
`,
)
