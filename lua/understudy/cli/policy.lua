--- policy: finds the policy file, and the zones in it that are named on the command line.

local error_object = require "understudy.error"
local expand = require "understudy.expand"
local folder = require "understudy.store.folder"
local lfs = require "lfs"
local members = require "understudy.policy.members"
local policy = require "understudy.policy"
local store = require "understudy.store"
local suggest = require "understudy.suggest"

local M = {}

local PLACES <const> = { "understudy.lua", "/etc/understudy/policy.lua" }

--- Declares `--policy`.
function M.option(parser)
  parser:option("--policy", "Policy file (default: understudy.lua here, else that of the system).")
    :argname "FILE"
end

--- Declares the zones.
function M.zones_argument(parser)
  parser:argument("zones", "Zones (default: all of the policy)."):argname "ZONE":args "*"
end

-- The policy file: the one that is named, or the first that is where policies usually are.
local function find(path)
  if path then
    return path
  end
  for _, place in ipairs(PLACES) do
    if lfs.attributes(place) then
      return place
    end
  end
  return error_object.fail("absent",
    "no policy: there is neither %s; name one with --policy, or begin with 'understudy init'",
    table.concat(PLACES, " nor "))
end

--- Whether there is a policy where policies usually are.
---@return boolean
function M.exists()
  return find() ~= nil
end

--- Loads the policy file.
---@param path string? nil: where policies usually are
---@return understudy.Policy? policy
---@return understudy.Error? err
function M.load(path)
  local file, err = find(path)
  if not file then
    return nil, err
  end
  return policy.load(file)
end

--- The state folder of the policy file, also of one that is broken by now: a daemon may still run.
---@param path string?
---@return string? folder
---@return understudy.Error? err
function M.state(path)
  local file, err = find(path)
  return file and policy.state_folder(file), err
end

--- The zones of a policy that have these names; all if there are none.
---@param loaded understudy.Policy
---@param names string[]
---@return table[]? zones
---@return understudy.Error? err
function M.select(loaded, names)
  if #names == 0 then
    return loaded.zones
  end
  local by_name, known, zones = {}, {}, {}
  for i, zone in ipairs(loaded.zones) do
    by_name[zone.name], known[i] = zone, zone.name
  end
  for i, name in ipairs(names) do
    zones[i] = by_name[policy.zone_name(name)]
    if not zones[i] then
      return error_object.fail("absent", "%s: %s", loaded.file, suggest.unknown("zone", name, known))
    end
  end
  return zones
end

--- Opens the store of a policy for reading; an empty one if nothing was stored yet.
---@param loaded understudy.Policy
---@return understudy.Store? store
---@return understudy.Error? err
function M.store(loaded)
  local target, lost = folder.store(loaded)
  if not target then
    return nil, lost
  elseif not loaded.store and not lfs.attributes(target) then
    return store.direct ":memory:"
  end
  local opened, err = store.direct(target, { readonly = true })
  if not opened and err.code == "absent" then
    return store.direct ":memory:"
  end
  return opened, err
end

--- Loads the policy file with the zones that its catalogs list.
---@param path string? nil: where policies usually are
---@return understudy.Policy? policy
---@return understudy.Error? err
function M.load_expanded(path)
  local loaded, err = M.load(path)
  if not loaded or #members.catalogs(loaded) == 0 then
    return loaded, err
  end
  local opened <close>, problem = M.store(loaded)
  if not opened then
    return nil, problem
  end
  return expand.by_store(loaded, opened)
end

--- Loads the policy file, and finds the zones in it that are named, also those that its catalogs list.
---@param args { policy: string?, zones: string[] }
---@return understudy.Policy? policy
---@return table[]|nil zones
---@return understudy.Error? err
function M.load_zones(args)
  local loaded, zones, err
  loaded, err = M.load_expanded(args.policy)
  if loaded then
    zones, err = M.select(loaded, args.zones)
  end
  return zones and loaded, zones, err
end

return M
