--- audit: looks now and then at what each target really serves. The serial tells that a publication came; only
--- the content tells that it came whole, and that nobody changed it since.

local verify = require "understudy.sync.verify"

local M = {}

local SPREAD <const> = 0.1
local WELL <const> = { same = true, behind = true } -- who is behind is told by its delivery

-- Looks at one target, and says so when what it finds is another thing than before.
local function look(delivery, publication, host)
  local found = verify.inspect(delivery.target, publication)
  if publication ~= delivery:publication() then
    return -- what was compared is not wanted any more
  end
  local before = delivery.verdict and delivery.verdict.verdict
  found.at = host.clock.now()
  found.since = found.verdict == before and delivery.verdict.since or found.at
  delivery.verdict = found
  if found.verdict ~= before and not WELL[found.verdict] then
    host.log:error("%s %s: %s%s", delivery.zone.name, delivery.target.name, found.verdict,
      found.differences[1] and ": " .. found.differences[1] or found.why and ": " .. found.why or "")
  elseif before and found.verdict ~= before and not WELL[before] then
    host.log:info("%s %s: %s", delivery.zone.name, delivery.target.name, found.verdict)
  end
end

-- Looks at those deliveries that are thought to have come.
local function look_at_all(deliveries, host)
  for _, delivery in ipairs(deliveries) do
    local publication = delivery:publication()
    if delivery.zone.lease and publication and delivery.served == publication.serial and delivery.attempts == 0 then
      look(delivery, publication, host)
    end
  end
end

-- The deliveries of the zones that this process has, by their target.
local function by_target(names, zones)
  local lists = {}
  for _, name in ipairs(names) do
    for _, delivery in ipairs(zones[name].lease and zones[name].deliveries or {}) do
      local target = delivery.target
      if target.inspect then
        lists[target] = lists[target] or {}
        table.insert(lists[target], delivery)
      end
    end
  end
  return lists
end

--- Looks at all that the zones of this process have delivered, each time the policy's period is over. Each target has
--- a task of its own, which goes through its zones one after the other: none waits for another. Runs until the task
--- ends.
---@param names string[]
---@param zones table<string, understudy.SyncZone>
---@param host table
function M.run(names, zones, host)
  local busy = {}
  while true do
    host.clock.sleep(host.policy.verify * (1 + SPREAD * (2 * host.random() - 1)))
    for target, deliveries in pairs(by_target(names, zones)) do
      if not busy[target] then
        busy[target] = true
        host.spawn("audit of " .. target.name, function()
          look_at_all(deliveries, host)
          busy[target] = nil
        end)
      end
    end
  end
end

return M
