--- online: looks now and then at the zones from outside, as the rest of the DNS sees them. What it finds is shown, and
-- holds nothing back: it runs beside the way of a zone.

local acknowledged = require "understudy.check.acknowledged"
local check = require "understudy.check"
local uerror = require "understudy.error"

local M = {}

local SPREAD <const> = 0.1
local FIRST_AFTER <const> = 30 -- seconds: zones are to be published by then

--- Looks at one zone, and tells of each finding that was not there before and that nobody accepts.
---@param zone understudy.SyncZone that is published
---@param host table with look_outside(zone) → findings, or nil and an error
function M.look(zone, host)
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
    if not before[finding.fingerprint] and not acknowledged.of(finding, zone.acknowledgements, zone.online.at) then
      host.log:warning("%s %s %s: %s", zone.name, finding.severity, finding.id, finding.message)
    end
  end
end

--- What was found from outside, with what people accept of it in a list of its own.
---@param zone understudy.SyncZone
---@param now number
---@return {at: number, findings: table[], acknowledged: table[]}?
function M.told(zone, now)
  if not zone.online then
    return nil
  end
  local told = { at = zone.online.at, findings = {}, acknowledged = {} }
  for _, finding in ipairs(zone.online.findings) do
    finding.acknowledged = acknowledged.of(finding, zone.acknowledgements, now)
    table.insert(finding.acknowledged and told.acknowledged or told.findings, finding)
  end
  return told
end

--- Looks at all zones that this process has, one after the other, each time the policy's period is over. Runs until
--- the task ends or the policy has no such period any more.
---@param names string[]
---@param zones table<string, understudy.SyncZone>
---@param host table
function M.run(names, zones, host)
  host.clock.sleep(math.min(FIRST_AFTER, host.policy.online))
  while host.policy.online do
    for _, name in ipairs(names) do
      if zones[name].lease and zones[name].publication then
        M.look(zones[name], host)
      end
    end
    host.clock.sleep((host.policy.online or 0) * (1 + SPREAD * (2 * host.random() - 1)))
  end
end

return M
