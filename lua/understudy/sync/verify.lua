--- verify: asks a target what it serves, until that is the publication or patience ends.

local core = require "understudy.core"
local uerror = require "understudy.error"

local M = {}

-- Seconds before each question: a transfer takes a moment.
local PAUSES <const> = { 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6 }

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
  local served, err = target:serial(zone_name, host)
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

M.unreachable = unreachable

return M
