--- retention: forgets now and then what the policy's `keep.age` makes old and nothing needs any more: runs and events,
--- answers that no zone refers to, deliveries to targets that are gone. What zones hold that the policy does not have
--- now is left alone, for they may come back.

local M = {}

local EVERY <const> = 3600 -- seconds
local TARGETS_A_CALL <const> = 500

-- Answers that are in use are asked for again all the time; only a clock that was set makes them look old. What another
-- process asks for again meanwhile is not forgotten.
local function forget_answers(host, lease, before)
  local after = ""
  while true do
    local rows, err = host.store:old_answers(after, before, TARGETS_A_CALL)
    if not rows or #rows == 0 then
      return rows, err
    end
    after = rows[#rows].target
    local unused, last = {}, nil
    for _, row in ipairs(rows) do
      unused[#unused + 1] = not host.resolve:uses(row.target) and row.target or nil
      last = math.max(last or row.last_lookup, row.last_lookup)
    end
    if #unused > 0 then
      local ok, problem = host.store:forget_targets(lease, unused, last)
      if not ok then
        return nil, problem
      end
    end
  end
end

local function has_target(zone, name)
  for _, target in ipairs(zone.setting.targets) do
    if target.name == name then
      return true
    end
  end
  return false
end

local function forget_deliveries(zones, host, lease, before)
  local rows, err = host.store:old_deliveries(before)
  for _, row in ipairs(rows or {}) do
    local zone = zones[row.zone]
    if zone and not has_target(zone, row.target) then
      local ok, problem = host.store:forget_delivery(lease, row)
      if not ok then
        return nil, problem
      end
    end
  end
  return rows, err
end

--- Forgets what is old now.
---@param zones table<string, understudy.SyncZone>
---@param host table
---@return any ok
---@return understudy.Error? err
function M.collect(zones, host)
  local now = host.clock.now()
  local lease, before = { worker = host.lease.worker or "", now = now }, host.settled() - host.policy.keep.age
  local ok, err = host.store:forget_old(lease, before)
  if ok then
    ok, err = forget_answers(host, lease, before)
  end
  if ok then
    ok, err = forget_deliveries(zones, host, lease, before)
  end
  return ok, err
end

--- Does so every hour. Runs until the task ends.
---@param zones table<string, understudy.SyncZone>
---@param host table
function M.run(zones, host)
  while true do
    host.clock.sleep(EVERY * (1 + 0.1 * host.random()))
    local ok, err = M.collect(zones, host)
    if not ok then
      host.log:warning("what is old is not forgotten: %s", err.message)
    end
  end
end

return M
