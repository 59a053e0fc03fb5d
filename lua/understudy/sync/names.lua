--- names: what the events of a zone named, until it is read.
--
-- An event says that a zone may have changed, and at best where, or that something there was deleted. It carries no
-- data: what is there now is read from the source. Nothing named means all.

local core = require "understudy.core"
local sorted = require "understudy.sorted"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

M.MAX = 100 -- in one read; with more of them the whole zone is read
-- The version of a zone in which some names are newer than the rest.
local MERGED <const>, MERGED_PATTERN <const> = "%s with names of %s", "^(.*) with names of %x+$"
local HASH_DIGITS <const> = 12

---@class understudy.Event
---@field owner string   absolute, or relative to the zone
---@field type? string   all types if not given
---@field gone? boolean  the event says that it was deleted

---@class understudy.Names
---@field whole boolean              the whole zone is to be read
---@field list understudy.Event[]    what is to be read if it is not; owners absolute
---@field gone table<string, boolean> what is deleted if a read lacks it, see understudy.sync.proof: "owner type", or
---  "owner" for all types

--- Nothing named yet.
---@return understudy.Names
function M.none()
  return { whole = false, list = {}, gone = {} }
end

--- All of the zone.
---@return understudy.Names
function M.all()
  return { whole = true, list = {}, gone = {} }
end

--- The key of an owner and a type, or of an owner.
---@param owner string
---@param kind? string
---@return string
function M.key(owner, kind)
  return kind and owner .. " " .. kind or owner
end

-- An event in the form in which it is kept; nil if it can't be one of this zone, and why not.
local function normal(event, zone_name)
  local owner, kind = event.owner, event.type
  local name, fault = nil, "it is no text"
  if type(owner) == "string" then
    name, fault = core.name(owner, zone_name)
  end
  local type_name = type(kind) == "string" and core.type_name(kind) or nil
  if not name then
    return nil, ("%s is no name: %s"):format(units.show(owner), fault)
  elseif not core.name_under(name, zone_name) then
    return nil, ("%s is not in the zone %s"):format(name, zone_name)
  elseif kind ~= nil and not type_name then
    return nil, ("%s is no type of records"):format(units.show(kind))
  end
  return { owner = name, type = type_name, gone = event.gone and true or nil }
end

--- What somebody says to have changed in a zone.
---@param given table[] {owner=, type=, gone=}
---@param zone_name string
---@return understudy.Event[]? events
---@return understudy.Error? err
function M.read(given, zone_name)
  local events = {}
  for i, event in ipairs(given) do
    local made, problem = normal(type(event) == "table" and event or {}, zone_name)
    if not made then
      return uerror.fail("syntax", "%s", problem)
    end
    events[i] = made
  end
  return events
end

local function is_listed(names, event)
  for _, known in ipairs(names.list) do
    if known.owner == event.owner and known.type == event.type then
      return true
    end
  end
  return false
end

local WHOLE <const> = M.all() -- of those for which nothing is named, one for all

local function add(names, named)
  if not is_listed(names, named) then
    names.list[#names.list + 1] = named
  end
end

--- What is named when one more event comes. One that names what can't be in the zone says only that something changed.
---@param names? understudy.Names is changed, or taken as it is
---@param zone_name string
---@param event? understudy.Event
---@return understudy.Names
function M.with(names, zone_name, event)
  local named = event and normal(event, zone_name)
  if not named and (not names or names == WHOLE) then
    return WHOLE
  elseif not names or names == WHOLE then
    local made = names and M.all() or M.none()
    add(made, named)
    return made
  elseif not named or #names.list >= M.MAX then
    names.whole = true
  else
    add(names, named)
  end
  return names
end

--- Whether all of some events name what is to be read.
---@param names understudy.Names
---@param events understudy.Event[]
---@return boolean
function M.has_all(names, events)
  for _, event in ipairs(events) do
    if not is_listed(names, event) then
      return false
    end
  end
  return true
end

--- Whether an event said that an RRset was deleted.
---@param names understudy.Names
---@param owner string
---@param kind string
---@return boolean
function M.is_gone(names, owner, kind)
  return names.gone[M.key(owner, kind)] or names.gone[owner] or false
end

--- What events said to be deleted, as text to be kept.
---@param names understudy.Names
---@return string
function M.gone_text(names)
  return table.concat(sorted.keys(names.gone), "\n")
end

--- The names of such a text.
---@param text string
---@return understudy.Names
function M.read_gone(text)
  local names = M.all()
  for key in text:gmatch "[^\n]+" do
    names.gone[key] = true
  end
  return names
end

--- The version of a zone into which names of a version of the source were put.
---@param version string of the source
---@param zone any
---@return string
function M.merged_version(version, zone)
  return MERGED:format(version, zone.hash:sub(1, HASH_DIGITS))
end

--- The version of the source of which at least some names of a zone are.
---@param version string
---@return string version
---@return boolean merged others may be older
function M.source_version(version)
  local found = version:match(MERGED_PATTERN)
  return found or version, found ~= nil
end

--- What is named, for people; "" if it is all or nothing.
---@param names understudy.Names
---@return string
function M.text(names)
  local first = names.list[1]
  if names.whole or not first then
    return ""
  end
  local more = #names.list > 1 and (" and %d more"):format(#names.list - 1) or ""
  return M.key(first.owner, first.type) .. more
end

return M
