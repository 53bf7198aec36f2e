import { CLOCK, defineScript, STREAM } from './script.ts'

/** Answers {epoch, head}. */
export const HEAD = defineScript(
  CLOCK,
  STREAM,
  `
local log = open()
touch(log)
return { log.epoch, text(log.head) }
`,
)

/**
 * One page. ARGV[3] on: 'after' or 'before', the position, most items, most bytes.
 * Answers {epoch, head, base, covered to, id at the position or '', items in the order of the walk}.
 *
 * A walk over very many expired items ends early, for Redis does nothing else meanwhile: the page is shorter
 * then, and says by how far it got that there is more.
 */
export const READ = defineScript(
  CLOCK,
  STREAM,
  `
local log = open()
touch(log)
local position, limit, most = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local items, bytes, isFull = {}, 0, false
local left = limit + 2000

-- Whether the walk goes on.
local function take(entry)
  local expires = field(entry, 'e')
  if expires ~= '' and tonumber(expires) <= now then return true end
  bytes = bytes + field(entry, 'b')
  if #items >= limit or (#items > 0 and bytes > most) then return false end
  items[#items + 1] = { tostring(string.match(entry[1], '^%d+')), field(entry, 't'), expires,
    field(entry, 'i'), field(entry, 'c') }
  return true
end

-- Offset of the entry that ended the walk and whether it was taken; nil when the walk came to its end.
local function walk(next)
  while true do
    local count = math.min(50, left)
    local page = next(count)
    for i = 1, #page do
      if not take(page[i]) then return offsetOf(page[i]), false end
    end
    if #page < count then return nil end
    left = left - #page
    if left <= 0 then return offsetOf(page[#page]), true end
  end
end

local idAt, covered = '', nil
if ARGV[3] == 'after' then
  local from = math.max(position, log.base) + 1
  local at, taken = walk(function(count)
    if from > log.head then return {} end
    local page = redis.call('XRANGE', S, text(from) .. '-0', text(log.head) .. '-0', 'COUNT', count)
    if #page > 0 then from = offsetOf(page[#page]) + 1 end
    return page
  end)
  covered = at and (taken and at or at - 1) or math.max(position, log.head)
  if position > 0 and position <= log.head then
    local entry = redis.call('XRANGE', S, text(position) .. '-0', text(position) .. '-0')[1]
    if entry then idAt = field(entry, 'i') end
  end
else
  local to = math.min(position - 1, log.head)
  local at, taken = walk(function(count)
    if to <= log.base then return {} end
    local page = redis.call('XREVRANGE', S, text(to) .. '-0', text(log.base + 1) .. '-0', 'COUNT', count)
    if #page > 0 then to = offsetOf(page[#page]) - 1 end
    return page
  end)
  covered = at and (taken and at or at + 1) or math.min(position, 1)
end
return { log.epoch, text(log.head), text(log.base), text(covered), idAt, items }
`,
)
