--- verify: asks a target what it serves, until that is the publication or patience ends.

local core = require "understudy.core"
local uerror = require "understudy.error"

local M = {}

-- Seconds before each question: a transfer takes a moment.
local PAUSES <const> = { 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6 }

-- Verdicts on content that is right.
local RIGHT <const> = { same = true, ["rewrites SOA"] = true }

-- Whether no answer came at all; then asking again at once would only hold others up.
local function unreachable(err)
  return err.code == "timeout" or err.code == "network"
end

local function compare(served, publication)
  if served == publication.serial then
    return true
  end
  local newer = core.serial_compare(served, publication.serial) == 1
  local reason = newer and "serves serial %d, which is newer than %d: it will not take ours"
    or "serves serial %d, not %d"
  return uerror.fail_temporarily("lagging", reason, served, publication.serial)
end

--- Asks once.
---@param target table
---@param zone_name string
---@param publication understudy.Publication
---@param host table
---@return boolean? ok
---@return understudy.Error? err with code "timeout" or "network" if nothing answers
---@return integer? served
function M.once(target, zone_name, publication, host)
  local served, err = target:serial(zone_name, host, publication)
  if not served then
    return nil, err
  end
  local ok, problem = compare(served, publication)
  return ok, problem, served
end

--- Asks until the publication is served, or a few seconds are over.
---@return boolean? ok
---@return understudy.Error? err
---@return integer? served
function M.wait(target, zone_name, publication, host)
  local ok, err, served
  for _, pause in ipairs(PAUSES) do
    host.clock.sleep(pause)
    ok, err, served = M.once(target, zone_name, publication, host)
    if ok or unreachable(err) then
      break
    end
  end
  return ok, err, served
end

--- Compares the whole content that a target serves with a publication.
---@param target table
---@param publication understudy.Publication
---@return understudy.Verdict? verdict nil from a target that can't be looked at
function M.inspect(target, publication)
  if not target.inspect then
    return nil
  end
  local done, found = xpcall(target.inspect, debug.traceback, target, publication.zone)
  if not done then
    found = { verdict = "unreachable", why = uerror.from(found).message, differences = {}, count = 0 }
  end
  return found
end

--- Whether the whole content that a target serves is that of a publication.
---@param target table
---@param publication understudy.Publication
---@param host table
---@return boolean? ok
---@return understudy.Error? err
---@return understudy.Verdict? verdict
function M.content(target, publication, host)
  local found = M.inspect(target, publication)
  if not found then
    return true
  end
  found.at = host.clock.now()
  if RIGHT[found.verdict] then
    return true, nil, found
  end
  local why = found.differences[1] or found.why or ("serial %s"):format(found.serial)
  local code = found.verdict == "unreachable" and "network" or "differs"
  local _, err = uerror.fail_temporarily(code, "%s: %s", found.verdict, why)
  return nil, err, found
end

M.unreachable = unreachable

return M
