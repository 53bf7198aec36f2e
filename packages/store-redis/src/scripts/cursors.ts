import { CLOCK, DAY_MS, defineScript, STREAM } from './script.ts'

/*
 * Cursors of one stream. A field is a subscriber; its value is explained at `cursorOf`. Before somebody's first
 * cursor is put, it has to be in the list of that user's cursors, or nobody could find it to forget it, and the
 * stream has to be in the registry, or nobody would see the cursor grow old: until LISTED says that both are so,
 * the script does nothing and answers '?', and so it does for whatever comes after for the same subscriber.
 */
const PUT = `
local waits = {}
local function put(log, name, offset, epoch)
  if ARGV[3] ~= 'listed' then
    waits[name] = true
    return '?'
  end
  if away and isLost(log) then
    log.due = now + ${DAY_MS}
    redis.call('HSET', M, 'd', text(log.due))
  end
  redis.call('HSET', C, name, text(offset) .. ' ' .. epoch .. ' ' .. text(today))
  return ''
end
`

/** How many values each question and each move take among the arguments. */
export const CURSOR_ARGUMENTS = 3

/**
 * ARGV[3] on: 'listed' or '', then per question: subscriber, offset and epoch of the start, both empty for none.
 * Answers per question the cursor as it is kept, '' for none, or '?'.
 */
export const ASK = defineScript(
  CLOCK,
  STREAM,
  PUT,
  `
local log, answers = open(), {}
for at = 4, #ARGV, ${CURSOR_ARGUMENTS} do
  local name, offset, epoch = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local known = redis.call('HGET', C, name)
  if waits[name] then known = '?'
  elseif known then
    local place, of, day = cursorOf(known)
    -- Who asks is there. Where this cannot be written, the answer is the same.
    if place and day ~= today then redis.pcall('HSET', C, name, text(place) .. ' ' .. of .. ' ' .. text(today)) end
  elseif offset ~= '' and epoch == log.epoch then known = put(log, name, math.min(tonumber(offset), log.head), epoch)
  end
  answers[#answers + 1] = known or ''
end
touch(log)
return answers
`,
)

/**
 * ARGV[3] on: 'listed' or '', then per move: subscriber, offset and epoch of the place, both empty to forget the
 * cursor. Answers per move '' or '?'.
 */
export const MOVE = defineScript(
  CLOCK,
  STREAM,
  PUT,
  `
local log = open()

local function move(name, offset, epoch)
  if waits[name] then return '?' end
  if not offset then
    redis.call('HDEL', C, name)
    return ''
  end
  if epoch ~= log.epoch or offset > log.head then return '' end
  local known = redis.call('HGET', C, name)
  if not known then return put(log, name, offset, epoch) end
  local before, of, day = cursorOf(known)
  local furthest = of == epoch and math.max(before, offset) or offset
  if of ~= epoch or furthest > before or day ~= today then
    redis.call('HSET', C, name, text(furthest) .. ' ' .. epoch .. ' ' .. text(today))
  end
  return ''
end

local answers = {}
for at = 4, #ARGV, ${CURSOR_ARGUMENTS} do
  answers[#answers + 1] = move(ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2])
end
touch(log)
return answers
`,
)

/**
 * Forgets cursors that a walk has found to be old. ARGV[3] on: subscriber and value, and so on. Answers 'kept' for
 * each that has changed meanwhile, so that somebody has it again, and '' for the others.
 */
export const FORGET_OLD = defineScript(
  CLOCK,
  STREAM,
  `
local answers = {}
for at = 3, #ARGV, 2 do
  local value = redis.call('HGET', C, ARGV[at])
  if value == ARGV[at + 1] then redis.call('HDEL', C, ARGV[at]) end
  answers[#answers + 1] = value and value ~= ARGV[at + 1] and 'kept' or ''
end
return answers
`,
)
