--- doubt: what a source zone shows that need not be so: names that are missing and a version that is older.
--
-- Pages that come while a list changes, a replica that lags and a database that forgets look like an edit of the
-- owner. So what is missing or older is believed only when it stays so: in two reads at least `confirm` apart. What
-- an event said to be deleted, and the read lacks, is believed at once; so is a source whose reads prove that they are
-- whole.

local core = require "understudy.core"
local names = require "understudy.sync.names"

local M = {}

---@class understudy.Seen
---@field missing table<string, number>  since when each RRset of the accepted zone is missing; -math.huge: proven
---@field older? {since: number, pulled: {zone: any, version: string}}

local CONFIRM <const> = 300 -- seconds, where neither policy nor source says anything

local NOTHING <const> = { missing = {} }

local OLDER <const> = "the source's version went back: a replica that lags?"

-- Seconds for which the absence of names has to last.
local function confirm_absent(source, guard)
  return guard.confirm or source.whole and 0 or CONFIRM
end

--- Seconds for which an event proves what it said to be deleted; no longer than time would need to confirm it.
---@param source table of the policy
---@param guard {confirm?: number}
---@return number
function M.proven_for(source, guard)
  local absent = confirm_absent(source, guard)
  return absent > 0 and absent or CONFIRM
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
      list[#list + 1] = change
    end
  end
  return list
end

--- Whether a version of a source is older than another: by the source's own order, or by their serials (RFC 1982).
---@param source table of the policy
---@param before {zone: any, version?: string}
---@param after {zone: any, version: string}
---@return boolean
function M.older(source, before, after)
  if source.compare and before.version then
    return source:compare((names.source_version(after.version)), (names.source_version(before.version))) == -1
  end
  local was, is = before.zone.serial, after.zone.serial
  return was and is and core.serial_compare(is, was) == -1 or false
end

-- Since when the version is older: anew when it is older still, as replicas that lag ever more do not confirm one
-- another.
local function older_since(seen, source, accepted, pulled, now)
  if not M.older(source, accepted, pulled) then
    return nil
  end
  local before = seen and seen.older
  local since = before and not M.older(source, before.pulled, pulled) and before.since or now
  return { since = since, pulled = pulled }
end

--- Goes on with what was seen so far: since when each RRset is missing, and since when the version is older.
---@param seen? understudy.Seen
---@param read {source: table, accepted?: table, pulled: table, at: number} a source of the policy, {zone=, version=}
---  as it was accepted and as it was read now, and when, on a clock that is never set
---@param named understudy.Names what events said to be deleted
---@return understudy.Seen? nil: nothing
function M.look(seen, read, named)
  local result, accepted, pulled, now = { missing = {} }, read.accepted, read.pulled, read.at
  if accepted and accepted.zone.hash ~= pulled.zone.hash then
    for _, change in ipairs(missing(accepted.zone, pulled.zone)) do
      local key = names.key(change.owner, change.type)
      local proven = names.is_gone(named, change.owner, change.type)
      result.missing[key] = proven and -math.huge or seen and seen.missing[key] or now
    end
    result.older = older_since(seen, read.source, accepted, pulled, now)
  end
  return (next(result.missing) or result.older) and result or nil
end

local function add(doubts, since, seconds, now, why)
  if since and seconds > 0 and now < since + seconds then
    doubts.why[#doubts.why + 1] = why
    doubts["until"] = math.max(doubts["until"] or 0, since + seconds)
  end
end

--- What is not believed yet: sentences without their end, and when it will be; nil for what only a person can say.
---@param seen? understudy.Seen
---@param source table of the policy
---@param guard {confirm?: number}
---@param now number
---@return {why: string[], until?: number}
function M.list(seen, source, guard, now)
  local doubts, count, newest, example = { why = {} }, 0, nil, nil
  seen = seen or NOTHING
  local absent = confirm_absent(source, guard)
  for key, since in pairs(seen.missing) do
    if now < since + absent then
      count, newest = count + 1, math.max(newest or since, since)
      example = (not example or key < example) and key or example
    end
  end
  local more = count > 1 and (" and %d more"):format(count - 1) or ""
  add(doubts, newest, absent, now, count > 0 and ("%s%s vanished"):format(example, more))
  local held = seen.older and source.older == "held" and not guard.confirm
  if held then -- time tells nothing about it
    doubts.why[#doubts.why + 1] = OLDER
  else
    add(doubts, seen.older and seen.older.since, confirm_older(source, guard), now, OLDER)
  end
  return doubts
end

return M
