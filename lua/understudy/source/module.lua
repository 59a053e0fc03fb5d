--- source.module: zones from a Lua module of one's own, such as a rock: an inventory, a database, an API.
--
--   source.module "acme.inventory"
--   source.module { module = "acme.inventory", options = { url = "https://…" } }
--
-- The module returns { records = function(zone_name, options) }, which gives a list of
-- { owner=, ttl=, type=, data=, id= }, the SOA among them, or nil and why there is none. Findings name records by their
-- ids. It may have { records_at = function(zone_name, options, names) } too, which gives only the records at names that
-- events told of, { owner=, type= }; the SOA may be among them. It runs in the loop of the daemon: what it waits for it
-- has to wait for with cqueues.

local core = require "understudy.core"
local policy_module = require "understudy.policy.module"
local schema = require "understudy.schema"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

M.name = "module"
M.shorthand = "module"

local TTL_MAX <const> = 2147483647 -- RFC 2181 §8

local record = schema.record {
  module = { schema.text, required = true },
  options = { function(value, at)
    if type(value) ~= "table" then
      at:fault("%s is not a table of options", units.show(value))
    end
    return value
  end },
}

--- Checks the options, and loads the module.
function M.options(value, at)
  local made = record(value, at)
  local found, problem
  if made and made.module then
    found, problem = policy_module.load(made.module)
    if problem then
      at:fault("the source %q can't be loaded: %s", made.module, problem)
    elseif type(found) ~= "table" or type(found.records) ~= "function" then
      at:fault("the module %q returns no table with a function 'records'", made.module)
    elseif found.records_at ~= nil and type(found.records_at) ~= "function" then
      at:fault("the 'records_at' of the module %q is no function", made.module)
    else
      made.records, made.records_at = found.records, found.records_at
    end
  end
  return made
end

local Module = {}
Module.__index = Module
Module.__name = "understudy.source.module"

-- A record as a line of a master file; nil and what is wrong with it.
local function line_of(given, zone_name)
  if type(given) ~= "table" then
    return nil, units.show(given) .. " is no table"
  end
  local owner = type(given.owner) == "string" and core.name(given.owner, zone_name)
  local ttl, type_name, data = math.tointeger(given.ttl), given.type, given.data
  if not owner then
    return nil, ("its owner is %s"):format(units.show(given.owner))
  elseif not ttl or ttl < 0 or ttl > TTL_MAX then
    return nil, ("its ttl is %s"):format(units.show(given.ttl))
  elseif type(type_name) ~= "string" or not type_name:find "^%w[%w-]*$" then
    return nil, ("its type is %s"):format(units.show(type_name))
  elseif type(data) ~= "string" or data:find "%c" then
    return nil, ("its data is %s"):format(units.show(data))
  elseif given.id ~= nil and type(given.id) ~= "string" and not math.tointeger(given.id) then
    return nil, ("its id is %s"):format(units.show(given.id))
  end
  return ("%s %d IN %s %s"):format(owner, ttl, type_name, data)
end

-- The lines of a zone, and the ids of its records by their lines.
local function lines_of(self, zone_name, list)
  local lines, ids = {}, { file = self.module }
  for i, given in ipairs(list) do
    local line, problem = line_of(given, zone_name)
    if not line then
      local which = type(given) == "table" and given.id and ("%s, id %s"):format(i, tostring(given.id)) or i
      return uerror.fail("syntax", "%s: record %s of %s: %s", self.module, which, zone_name, problem)
    end
    lines[i], ids[i] = line, given.id and tostring(given.id) or false
  end
  return lines, ids
end

-- What a function of the module gave, as a zone.
local function zone_of(self, zone_name, list, why)
  if type(list) ~= "table" then
    return uerror.fail_temporarily("io", "%s: %s", self.module, tostring(why or "it gave no list of records"))
  end
  local lines, ids = lines_of(self, zone_name, list)
  if not lines then
    return nil, ids
  end
  local text = table.concat(lines, "\n") .. "\n"
  local zone, err = core.parse { text = text, name = self.module, origin = zone_name }
  if not zone then
    err.ids = ids
    return nil, err
  end
  return { zone = zone, version = ("%s/%s"):format(zone.hash, zone.serial or "-"), ids = ids }
end

--- Asks the module for the zone. The version is the content's hash and the serial.
---@param zone_name string
---@return {zone: any, version: string, ids: table}? pulled
---@return understudy.Error? err
function Module:pull(zone_name)
  return zone_of(self, zone_name, self.records(zone_name, self.options))
end

-- Asks the module for what is at some names.
local function pull_names(self, zone_name, events)
  local names = {}
  for i, event in ipairs(events) do
    names[i] = { owner = event.owner, type = event.type }
  end
  local list, why = self.records_at(zone_name, self.options, names)
  if type(list) == "table" and #list == 0 then
    return { version = "-" }
  end
  return zone_of(self, zone_name, list, why)
end

--- Nobody tells of changes: the module is asked each `refresh`.
function Module.watch() end

--- Makes the source of a policy.
---@param options {module: string, options?: table, records: function, records_at?: function}
---@return table source
function M.new(options)
  return setmetatable({
    module = options.module, options = options.options or {}, records = options.records,
    records_at = options.records_at, pull_names = options.records_at and pull_names,
    whole = false, -- nothing proves that a list is
    replicated = true, -- nor that it is the newest
  }, Module)
end

return M
