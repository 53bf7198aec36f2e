import { CLOCK, defineScript, STREAM } from './script.ts'

/*
 * Cursors of one stream. A field is a subscriber, its value the offset and the epoch. Before somebody's first
 * cursor is put, it has to be in the list of that user's cursors, or nobody could find it to forget it: until
 * LISTED says that it is, the script does nothing and answers '?', and so it does for whatever comes after for the
 * same subscriber.
 */
const PUT = `
local waits = {}
local function put(name, offset, epoch)
  if ARGV[2] ~= 'listed' then
    waits[name] = true
    return '?'
  end
  redis.call('HSET', C, name, offset .. ' ' .. epoch)
  return ''
end
`

/** How many values each question and each move take among the arguments. */
export const CURSOR_ARGUMENTS = 3

/**
 * ARGV: epoch for a new stream, 'listed' or '', then per question: subscriber, offset and epoch of the start, both
 * empty for none. Answers per question 'offset epoch', '' for none, or '?'.
 */
export const ASK = defineScript(
  CLOCK,
  STREAM,
  PUT,
  `
local log, answers = open(ARGV[1]), {}
for at = 3, #ARGV, ${CURSOR_ARGUMENTS} do
  local name, offset, epoch = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local known = redis.call('HGET', C, name)
  if waits[name] then known = '?'
  elseif not known and offset ~= '' and epoch == log.epoch then known = put(name, offset, epoch)
  end
  answers[#answers + 1] = known or ''
end
touch(log)
return answers
`,
)

/**
 * ARGV: epoch for a new stream, 'listed' or '', then per move: subscriber, offset and epoch of the place, both
 * empty to forget the cursor. Answers per move '' or '?'.
 */
export const MOVE = defineScript(
  CLOCK,
  STREAM,
  PUT,
  `
local log = open(ARGV[1])

local function move(name, offset, epoch)
  if waits[name] then return '?' end
  if offset == '' then
    redis.call('HDEL', C, name)
    return ''
  end
  if epoch ~= log.epoch then return '' end
  local known = redis.call('HGET', C, name)
  if not known then return put(name, offset, epoch) end
  local before, of = string.match(known, '^(%d+) (.*)$')
  if of ~= epoch or tonumber(before) < tonumber(offset) then
    redis.call('HSET', C, name, offset .. ' ' .. epoch)
  end
  return ''
end

local answers = {}
for at = 3, #ARGV, ${CURSOR_ARGUMENTS} do
  answers[#answers + 1] = move(ARGV[at], ARGV[at + 1], ARGV[at + 2])
end
touch(log)
return answers
`,
)
