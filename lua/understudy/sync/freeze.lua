--- freeze: holds a zone as it is published, because a person said so, for a time or until a person lets it go.
--
-- What is published is still delivered. Nothing new is, not even other addresses behind an ALIAS.

local M = {}

--- Whether a zone is frozen. A freeze whose time is over ends here.
---@param zone understudy.SyncZone
---@param host table
---@return boolean
function M.active(zone, host)
  local freeze = zone.freeze
  if not freeze then
    return false
  elseif not freeze["until"] or host.clock.now() < freeze["until"] then
    return true
  end
  local ended, err = M.thaw(zone, host)
  if ended ~= nil then
    host.log:warning("%s is not frozen any more, the time for it is over: %s", zone.name, freeze.reason)
  else
    host.log:warning("%s the end of its freeze is not written down: %s", zone.name, err.message)
  end
  return ended == nil
end

--- Freezes a zone.
---@param zone understudy.SyncZone
---@param wish {reason: string, who: string, seconds?: number}
---@param host table
---@param event? table for the process that has the zone, see understudy.sync.orders
---@return boolean? ok
---@return understudy.Error? err
function M.freeze(zone, wish, host, event)
  local now = host.clock.now()
  local row = {
    zone = zone.name, reason = wish.reason, who = wish.who, since = now,
    ["until"] = wish.seconds and now + wish.seconds or nil,
  }
  local before = zone.freeze
  zone.freeze = row -- at once: when the store answers somebody else can have let it go already
  local ok, err = host.store:freeze(row, event)
  if not ok then
    if zone.freeze == row then
      zone.freeze = before
    end
    return nil, err
  end
  host.log:warning("%s is frozen by %s: %s", zone.name, row.who, row.reason)
  return true
end

--- Lets a zone go on.
---@param zone understudy.SyncZone
---@param host table
---@param event? table for the process that has the zone, see understudy.sync.orders
---@return boolean? ok false if it was not frozen
---@return understudy.Error? err
function M.thaw(zone, host, event)
  local ended, err = host.store:thaw(zone.name, event)
  if not ended then
    return nil, err
  end
  zone.freeze, zone.outdated = nil, true
  return ended > 0
end

return M
