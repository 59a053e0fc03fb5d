--- pull: reads a zone from its source. The whole zone, or an error; never a part.

local uerror = require "understudy.error"

local M = {}

--- Reads the zone as its source has it now.
---@param source table
---@param zone_name string
---@param accepted? any the zone as it was last accepted: a source may ask for what changed since
---@return {zone: any, version: string}? pulled
---@return understudy.Error? err
function M.pull(source, zone_name, accepted)
  local ok, pulled, err = xpcall(source.pull, debug.traceback, source, zone_name, accepted)
  if not ok then
    return nil, uerror.from(pulled)
  elseif not pulled then
    return nil, err
  elseif pulled.zone.origin ~= zone_name then
    return uerror.fail("refused", "the source gave the zone %s for %s", pulled.zone.origin, zone_name)
  end
  return pulled
end

return M
