--- guard: holds back a zone that lost more than anyone is likely to have meant.

local units = require "understudy.units"

local M = {}

-- So few records say nothing by their share.
local FEW_RECORDS <const> = 10

-- Records that are gone without others in their place: the net loss of each RRset.
local function vanished(diff)
  local count = 0
  for _, change in ipairs(diff:totable().changes) do
    local before = change.before and #change.before.records or 0
    local after = change.after and #change.after.records or 0
    count = count + math.max(0, before - after)
  end
  return count
end

--- Compares with the last publication.
---@param last? any the zone last published
---@param flat any the zone to be published
---@param limits {max_removed: number}
---@return boolean ok
---@return string? why
function M.check(last, flat, limits)
  if #flat == 0 then
    return false, "the zone is empty"
  elseif not last or #last < FEW_RECORDS then
    return true
  end
  local diff, allowed = last:diff(flat), limits.max_removed * #last
  -- What was removed is never less than what vanished, and cheaper to know.
  local gone = diff.removed > allowed and vanished(diff) or 0
  if gone <= allowed then
    return true
  end
  local why = "%d of %s would vanish, more than %g %%; if that is meant, "
    .. "start once with guard = { max_removed = \"100%%\" }"
  return false, why:format(gone, units.count(#last, "record"), limits.max_removed * 100)
end

return M
