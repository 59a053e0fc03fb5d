--- audit: looks now and then at what each target really serves. The serial tells that a publication came; only
--- the content tells that it came whole, and that nobody changed it since.

local uerror = require "understudy.error"

local M = {}

local SPREAD <const> = 0.1
local WELL <const> = { same = true, behind = true } -- who is behind is told by its delivery

-- Looks at one target, and says so when what it finds is another thing than before.
local function look(delivery, publication, host)
  local done, found = xpcall(delivery.target.inspect, debug.traceback, delivery.target, publication.zone)
  if not done then
    found = { verdict = "unreachable", why = uerror.from(found).message, differences = {}, count = 0 }
  end
  if publication ~= delivery.zone.publication then
    return -- what was compared is not wanted any more
  end
  local before = delivery.verdict and delivery.verdict.verdict
  found.at = host.clock.now()
  delivery.verdict = found
  if found.verdict ~= before and not WELL[found.verdict] then
    host.log:error("%s %s: %s%s", delivery.zone.name, delivery.target.name, found.verdict,
      found.differences[1] and ": " .. found.differences[1] or found.why and ": " .. found.why or "")
  elseif before and found.verdict ~= before and not WELL[before] then
    host.log:info("%s %s: %s", delivery.zone.name, delivery.target.name, found.verdict)
  end
end

--- Looks at all targets of a zone that can be looked at and are thought to serve its publication.
---@param zone understudy.SyncZone
---@param host table
function M.zone(zone, host)
  local publication = zone.publication
  for _, delivery in ipairs(zone.deliveries) do
    if publication and delivery.target.inspect and delivery.served == publication.serial then
      look(delivery, publication, host)
    end
  end
end

--- Looks at all zones that this process has, one after the other, each time the policy's period is over. Runs until
--- the task ends.
---@param names string[]
---@param zones table<string, understudy.SyncZone>
---@param host table
function M.run(names, zones, host)
  while true do
    host.clock.sleep(host.policy.verify * (1 + SPREAD * (2 * host.random() - 1)))
    for _, name in ipairs(names) do
      if zones[name].lease then
        M.zone(zones[name], host)
      end
    end
  end
end

return M
