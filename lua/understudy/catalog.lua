--- catalog: reads a catalog zone (RFC 9432, version 2): which zones it lists, and what it says of each.
--
-- A broken catalog gives nothing: who would believe a part of one removes the zones of the rest.

local uerror = require "understudy.error"

local M = {}

local VERSION <const> = '"2"'

---@class understudy.Member
---@field id string         the label under which it is listed: another one means another zone of that name (§5.4)
---@field groups string[]   as the records have them, in their order (§4.3.2)
---@field coo? string       the catalog that may take it over (§4.3.1)

local function broken(zone, format, ...)
  return uerror.fail("broken", "the catalog %s is broken: " .. format, zone.origin, ...)
end

-- The first label of a name and what follows it; nil for the latter if there is nothing.
local function split(name)
  local at = 1
  while true do
    local found = name:find("[.\\]", at)
    if not found then
      return name
    elseif name:sub(found, found) == "." then
      return name:sub(1, found - 1), name:sub(found + 1)
    end
    at = found + 2 -- the digits of \DDD hold no dot
  end
end

-- The octets of a TXT record's only string; nil if it has several.
local function text_of(data)
  local inner = data:match '^"(.*)"$'
  return inner and not inner:find '[^\\]" "' and inner or nil
end

-- Calls visit(label, rest, rrset) with the names below `zones`, "rest" nil for those directly below.
local function each_entry(zone, type, visit)
  local under = "zones." .. zone.origin
  for rrset in zone:rrsets { type = type, under = under } do
    local owner = rrset.owner
    if owner ~= under then
      local label, rest = split(owner:sub(1, -#under - 2))
      visit(label, rest, rrset)
    end
  end
end

-- Member zones by their names, and the names by their ids.
local function read_members(zone)
  local members, names, problem = {}, {}, nil
  each_entry(zone, "PTR", function(id, rest, rrset)
    if rest then
      return
    elseif #rrset ~= 1 then
      problem = problem or { "%s lists %d zones", rrset.owner, #rrset }
    elseif members[rrset[1]:lower()] then
      problem = problem or { "it lists %s twice", rrset[1] }
    else
      local name = rrset[1]:lower()
      members[name], names[id] = { id = id, groups = {} }, name
    end
  end)
  if problem then
    return broken(zone, table.unpack(problem))
  end
  return members, names
end

-- Adds what properties say of members; unknown ones say nothing (§4.3).
local function read_properties(zone, members, names)
  local problem
  each_entry(zone, "PTR", function(property, id, rrset)
    if property == "coo" and names[id] then
      problem = problem or #rrset ~= 1 and rrset.owner or nil
      members[names[id]].coo = rrset[1]:lower()
    end
  end)
  if problem then
    return broken(zone, "%s has more than one record", problem)
  end
  each_entry(zone, "TXT", function(property, id, rrset)
    if property == "group" and names[id] then
      for i = 1, #rrset do
        table.insert(members[names[id]].groups, text_of(rrset[i]))
      end
    end
  end)
  return members
end

--- Whether a zone says of itself that it is a catalog of the version that is read here.
---@param zone any
---@return boolean
function M.is_catalog(zone)
  local version = zone:lookup("version", "TXT")
  return version ~= nil and #version == 1 and version[1] == VERSION
end

--- Reads a catalog.
---@param zone any
---@return table<string, understudy.Member>? members by their names, in lower case with their final dots
---@return understudy.Error? err with code "broken"
function M.read(zone)
  if not M.is_catalog(zone) then
    return broken(zone, "version.%s must have one TXT record that says 2", zone.origin)
  end
  local members, names = read_members(zone)
  if not members then
    return nil, names
  end
  return read_properties(zone, members, names)
end

--- How many members one catalog has, and how many of them another has no more.
---@param before any a zone, which need not be a catalog
---@param after any
---@return integer count
---@return integer gone
function M.lost(before, after)
  local old = M.is_catalog(before) and M.read(before) or {}
  local new, count, gone = nil, 0, 0
  if next(old) then
    new = M.read(after) or {}
  end
  for name in pairs(old) do
    count, gone = count + 1, gone + (new[name] and 0 or 1)
  end
  return count, gone
end

return M
