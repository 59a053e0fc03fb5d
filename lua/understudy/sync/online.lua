--- online: looks now and then at the zones from outside, as the rest of the DNS sees them. What it finds is shown, and
-- holds nothing back: it runs beside the way of a zone.

local check = require "understudy.check"
local uerror = require "understudy.error"

local M = {}

local SPREAD <const> = 0.1
local FIRST_AFTER <const> = 30 -- seconds: zones are to be published by then

-- Looks at one zone, and tells of each finding that was not there before.
local function look(zone, host)
  local publication = zone.publication
  local done, findings, err = xpcall(host.look_outside, debug.traceback, publication.zone)
  if not done then
    findings, err = nil, uerror.from(findings)
  end
  if not findings then
    host.log:warning("%s can't be looked at from outside: %s", zone.name, err.message)
    return
  end
  local before = {}
  for _, finding in ipairs(zone.online and zone.online.findings or {}) do
    before[finding.fingerprint] = true
  end
  findings = check.grade(findings, zone.checks or check.DEFAULT, zone.name)
  zone.online = { at = host.clock.now(), findings = findings }
  for _, finding in ipairs(findings) do
    if not before[finding.fingerprint] then
      host.log:warning("%s %s %s: %s", zone.name, finding.severity, finding.id, finding.message)
    end
  end
end

--- Looks at all zones that this process has, one after the other, each time the policy's period is over. Runs until
--- the task ends or the policy has no such period any more.
---@param names string[]
---@param zones table<string, understudy.SyncZone>
---@param host table with look_outside(zone) → findings, or nil and an error
function M.run(names, zones, host)
  host.clock.sleep(math.min(FIRST_AFTER, host.policy.online))
  while host.policy.online do
    for _, name in ipairs(names) do
      if zones[name].lease and zones[name].publication then
        look(zones[name], host)
      end
    end
    host.clock.sleep((host.policy.online or 0) * (1 + SPREAD * (2 * host.random() - 1)))
  end
end

return M
