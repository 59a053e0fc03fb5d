--- doubt: what a source zone shows that need not be so: names that are missing and a version that is older.
--
-- Pages that come while a list changes, a replica that lags and a database that forgets look like an edit of the
-- owner. So what is missing or older is believed only when it stays so: in two reads at least `confirm` apart. A
-- source whose reads prove that they are whole is believed at once.

local core = require "understudy.core"

local M = {}

local CONFIRM <const> = 300 -- seconds, where neither policy nor source says anything

-- Seconds for which the absence of names has to last.
local function confirm_absent(source, guard)
  return guard.confirm or source.whole and 0 or CONFIRM
end

-- Seconds for which an older version has to last.
local function confirm_older(source, guard)
  return guard.confirm or source.replicated and CONFIRM or 0
end

-- The RRsets of a zone that another lacks.
local function missing(before, after)
  local list = {}
  for _, change in ipairs(before:diff(after):totable().changes) do
    if not change.after then
      list[#list + 1] = change.owner .. " " .. change.type
    end
  end
  return list
end

local function older(before, after)
  return before.serial and after.serial and core.serial_compare(after.serial, before.serial) == -1
end

--- Goes on with what was seen so far: since when each RRset is missing, and since when the version is older.
---@param seen? {missing: table<string, number>, older?: number}
---@param accepted? any the source zone that is published
---@param pulled any the one that was pulled now
---@param now number on a clock that is never set
---@return {missing: table<string, number>, older?: number} seen
function M.look(seen, accepted, pulled, now)
  local result = { missing = {} }
  if accepted and accepted.hash ~= pulled.hash then
    for _, key in ipairs(missing(accepted, pulled)) do
      result.missing[key] = seen and seen.missing[key] or now
    end
    result.older = older(accepted, pulled) and (seen and seen.older or now) or nil
  end
  return result
end

local function add(doubts, since, seconds, now, why)
  if since and seconds > 0 and now < since + seconds then
    doubts.why[#doubts.why + 1] = why
    doubts["until"] = math.max(doubts["until"] or 0, since + seconds)
  end
end

--- What is not believed yet: sentences without their end, and when it will be.
---@param seen {missing: table<string, number>, older?: number}
---@param source table of the policy
---@param guard {confirm?: number}
---@param now number
---@return {why: string[], until?: number}
function M.list(seen, source, guard, now)
  local doubts, count, newest, example = { why = {} }, 0, nil, nil
  for key, since in pairs(seen.missing) do
    count, newest = count + 1, math.max(newest or since, since)
    example = (not example or key < example) and key or example
  end
  local more = count > 1 and (" and %d more"):format(count - 1) or ""
  add(doubts, newest, confirm_absent(source, guard), now, count > 0 and ("%s%s vanished"):format(example, more))
  add(doubts, seen.older, confirm_older(source, guard), now, "the source's serial went back: a replica that lags?")
  return doubts
end

return M
