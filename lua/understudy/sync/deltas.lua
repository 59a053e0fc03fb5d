--- deltas: what changed with each of the last publications of a zone, so that a secondary that has one of
--- them gets no more than it lacks (RFC 1995).
--
-- They hold the RRsets that changed and no whole zone. Together they are never more than the zone itself:
-- then, and where history is gone, the whole zone is the better answer.

local M = {}

local STEPS_MAX <const> = 100
local RECORDS_MIN <const> = 1000 -- kept of a zone however small it is

---@class understudy.Deltas
---@field steps table[] {from=, diff=, records=}, oldest first; each leads to the next
---@field joined table<integer, any> the diff from a serial to the newest, once asked for; false: there is none
---@field zone_records integer of the newest
local Deltas = {}
Deltas.__index = Deltas

-- Forgets the oldest until what is left is in bounds.
local function trim(steps, bound)
  local total, first = 0, #steps + 1
  while first > 1 and #steps - first + 1 < STEPS_MAX do
    total = total + steps[first - 1].records
    if total > bound then
      break
    end
    first = first - 1
  end
  return table.move(steps, first, #steps, 1, {})
end

--- Learns of a publication.
---@param before any the one before it
---@param after any
function Deltas:add(before, after)
  local diff = assert(before:diff(after):compact())
  local records = diff.ixfr_records
  self.joined, self.zone_records = {}, #after
  self.steps[#self.steps + 1] = { from = before.serial, diff = diff, records = records }
  -- Without an incremental transfer of this step there is none over it.
  self.steps = records > 0 and trim(self.steps, math.max(#after, RECORDS_MIN)) or {}
end

--- The diff from a serial to the newest publication; nil if it is not known, or is no less than the zone.
---@param serial integer
---@return any? diff
function Deltas:find(serial)
  if self.joined[serial] ~= nil then
    return self.joined[serial] or nil
  end
  local diff
  for _, step in ipairs(self.steps) do
    if diff then
      diff = assert(diff:join(step.diff))
    elseif step.from == serial then
      diff = step.diff
    end
  end
  local records = diff and diff.ixfr_records or 0
  if diff then
    self.joined[serial] = records > 0 and records < self.zone_records and diff
  end
  return self.joined[serial] or nil
end

--- The deltas of a zone that nothing is known of yet.
---@return understudy.Deltas
function M.new()
  return setmetatable({ steps = {}, joined = {}, zone_records = 0 }, Deltas)
end

return M
