--- acknowledge: a person accepts a finding about a zone until a time. Then it neither holds the zone back nor is told
-- as new; when the time is over it counts again.

local acknowledged = require "understudy.check.acknowledged"
local online = require "understudy.sync.online"
local shell = require "understudy.shell"
local sync_zone = require "understudy.sync.zone"
local uerror = require "understudy.error"

local M = {}

-- The finding with a fingerprint among those of the newest judgement and of the newest look from outside.
local function find(zone, fingerprint)
  for _, list in ipairs { zone.findings.list, zone.findings.acknowledged, zone.online and zone.online.findings } do
    for _, finding in ipairs(list) do
      if finding.fingerprint == fingerprint then
        return finding
      end
    end
  end
end

--- Accepts a finding. One that is not known may be one from outside, where nobody has looked yet.
---@param zone understudy.SyncZone
---@param wish {fingerprint: string, who: string, reason: string, until: number}
---@param host table
---@param event table for the process that has the zone, see understudy.sync.orders
---@return boolean? ok
---@return understudy.Error? err
function M.accept(zone, wish, host, event)
  local finding, now = find(zone, wish.fingerprint), host.clock.now()
  if not finding and zone.publication and not zone.online then
    online.look(zone, host)
    finding = find(zone, wish.fingerprint)
  end
  if not finding then
    return uerror.fail("absent", "%s has no finding %s; 'understudy status %s' lists them", zone.name,
      wish.fingerprint, shell.word(zone.name))
  elseif not acknowledged.possible(finding) then
    return uerror.fail("refused", "%s can't be acknowledged, for secondaries refuse such a zone: %s", finding.id,
      finding.message)
  elseif wish["until"] <= now then
    return uerror.fail("refused", "the time until which it is acknowledged is over")
  end
  local row = {
    zone = zone.name, fingerprint = wish.fingerprint, rule = finding.id, who = wish.who, reason = wish.reason,
    since = now, ["until"] = wish["until"],
  }
  local ok, err = host.store:acknowledge(row, event)
  if not ok then
    return nil, err
  end
  sync_zone.set_acknowledgement(zone, row.fingerprint, row)
  zone.outdated = true
  host.log:warning("%s %s is acknowledged by %s: %s", zone.name, row.rule, row.who, row.reason)
  return true
end

--- Takes an acknowledgement back.
---@param zone understudy.SyncZone
---@param wish {fingerprint: string, who: string}
---@param host table
---@param event table for the process that has the zone, see understudy.sync.orders
---@return boolean? ok
---@return understudy.Error? err
function M.withdraw(zone, wish, host, event)
  if not zone.acknowledgements[wish.fingerprint] then
    return uerror.fail("absent", "%s has no acknowledged finding %s", zone.name, wish.fingerprint)
  end
  local ok, err = host.store:withdraw({ zone = zone.name, fingerprint = wish.fingerprint }, event)
  if not ok then
    return nil, err
  end
  sync_zone.set_acknowledgement(zone, wish.fingerprint, nil)
  zone.outdated = true
  return true
end

--- When the next acknowledgement of a zone ends; math.huge if there is none.
---@param zone understudy.SyncZone
---@return number
function M.ends(zone)
  local first = math.huge
  for _, row in pairs(zone.acknowledgements) do
    first = math.min(first, row["until"])
  end
  return first
end

--- Forgets what is over, and has the zone judged again for it.
---@param zone understudy.SyncZone
---@param host table
function M.expire(zone, host)
  for fingerprint, row in pairs(zone.acknowledgements) do
    if host.clock.now() >= row["until"] then
      local ok, err = host.store:withdraw { zone = zone.name, fingerprint = fingerprint }
      if not ok then
        host.log:warning("%s the end of an acknowledgement is not written down: %s", zone.name, err.message)
      end
      sync_zone.set_acknowledgement(zone, fingerprint, nil)
      zone.outdated = true
      host.log:warning("%s %s is not acknowledged any more, the time for it is over: %s", zone.name, row.rule,
        row.reason)
    end
  end
end

return M
