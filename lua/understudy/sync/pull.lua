--- pull: reads a zone from its source: whole, or as it was last accepted with those names read anew that events named.
--
-- The whole of what was asked for, or an error; never a part. A read of names that leaves any doubt is none, and the
-- zone is then read whole.

local doubt = require "understudy.sync.doubt"
local names = require "understudy.sync.names"
local uerror = require "understudy.error"

local M = {}

-- Calls a method of the source, which may be anybody's code.
local function call(source, method, ...)
  local ok, pulled, err = xpcall(source[method], debug.traceback, source, ...)
  if not ok then
    return nil, uerror.from(pulled)
  elseif not pulled then
    return nil, uerror.from(err or "the source gave nothing")
  end
  return pulled
end

--- Reads the whole zone as its source has it now.
---@param source table
---@param zone_name string
---@param accepted? {zone: any, version: string} as it was last accepted: a source may ask for what changed since
---@param placeless? boolean where the records of that stand in the source is not known, and asked for
---@return {zone: any, version: string}? pulled
---@return understudy.Error? err
function M.whole(source, zone_name, accepted, placeless)
  -- No version of the source is a ground for changes that has names of several.
  local ground = accepted and not select(2, names.source_version(accepted.version)) and accepted.zone or nil
  local pulled, err = call(source, "pull", zone_name, ground, placeless)
  if not pulled then
    return nil, err
  elseif pulled.zone.origin ~= zone_name then
    return uerror.fail("refused", "the source gave the zone %s for %s", pulled.zone.origin, zone_name)
  end
  return pulled
end

-- Those RRsets of a part by their key that were asked for; nil if there are others. The SOA always may come along.
local function asked_for(part, named)
  local wanted, found = {}, {}
  for _, event in ipairs(named.list) do
    wanted[names.key(event.owner, event.type)] = true
  end
  for rrset in part:rrsets() do
    local key = names.key(rrset.owner, rrset.type)
    if not wanted[key] and not wanted[rrset.owner] and not (rrset.type == "SOA" and rrset.owner == part.origin) then
      return nil
    end
    found[key] = rrset
  end
  return found
end

-- The RRsets of a zone that events named.
local function at_names(zone, named)
  local list = {}
  for _, event in ipairs(named.list) do
    for rrset in zone:rrsets { under = event.owner, type = event.type } do
      if rrset.owner == event.owner then
        list[#list + 1] = rrset
      end
    end
  end
  return list
end

-- Puts what was read in the place of what was there.
local function merge(zone, replaced, found)
  return zone:edit(function(draft)
    for _, rrset in ipairs(replaced) do
      draft:remove(rrset.owner, rrset.type)
    end
    for _, rrset in pairs(found) do
      if rrset.type == "SOA" then
        draft:remove(rrset.owner, rrset.type)
      end
      draft:add(rrset)
    end
  end)
end

-- Why the read of names is not to be trusted without a look at the whole zone.
local function doubtful(accepted, part, replaced, found, named, source)
  if not found then
    return "the source gave other names than those that were asked for"
  elseif (part.zone or source.compare) and doubt.older(source, accepted, part) then
    return "the source's version went back"
  end
  for _, rrset in ipairs(replaced) do
    if not found[names.key(rrset.owner, rrset.type)] and not names.is_gone(named, rrset.owner, rrset.type) then
      return names.key(rrset.owner, rrset.type) .. " vanished"
    end
  end
end

--- Reads those names anew that events named, and puts them into the zone that was last accepted.
---@param source table that has `pull_names`
---@param zone_name string
---@param accepted {zone: any, version: string}
---@param named understudy.Names
---@return {zone: any, version: string, placeless: true}? pulled of which nobody knows where its records stand
---@return understudy.Error? err the zone has to be read whole
function M.names(source, zone_name, accepted, named)
  local part, err = call(source, "pull_names", zone_name, named.list)
  if not part then
    return nil, err
  elseif part.zone and part.zone.origin ~= zone_name then
    return uerror.fail("refused", "the source gave names of %s for %s", part.zone.origin, zone_name)
  end
  local found = part.zone and asked_for(part.zone, named) or not part.zone and {} or nil
  local replaced = at_names(accepted.zone, named)
  local why = doubtful(accepted, part, replaced, found, named, source)
  if why then
    return uerror.fail("refused", "%s", why)
  end
  local zone, problem = merge(accepted.zone, replaced, found)
  if not zone then
    return nil, problem
  end
  return { zone = zone, version = names.merged_version(part.version, zone), placeless = true }
end

return M
