--- understudy: the face of the library: what a person types, or a script of theirs.
--
--   local understudy = require "understudy"
--   local zone = assert(understudy.parse { file = "example.com.zone" })
--   print(zone, zone:check())
--
-- A name is loaded when it is first used, so that requiring this costs nothing.

local M = {}

local function from_core(name)
  return function()
    return require("understudy.core")[name]
  end
end

local function module(name)
  return function()
    return require("understudy." .. name)
  end
end

local loaders = {
  answers = from_core "answers", -- the memory of what ALIAS targets resolve to
  error = from_core "error",
  key = from_core "key", -- a TSIG key
  parse = from_core "parse", -- a zone from text or a file
  rules = from_core "rules", -- every rule that zone:check() knows
  serial_compare = from_core "serial_compare",
  serial_next = from_core "serial_next",
  policy = module "policy",
  units = module "units",
  version = module "version",
}

function loaders.resolver()
  return require("understudy.net.resolver").new
end

--- What turns one zone into another; the same as before:diff(after).
function loaders.diff()
  ---@param before understudy.Zone
  ---@param after understudy.Zone
  ---@return understudy.Diff? diff
  ---@return understudy.Error? err
  return function(before, after)
    return before:diff(after)
  end
end

local function names()
  return require("understudy.sorted").keys(loaders)
end

local meta = {}

function meta.__index(_, name)
  local loader = loaders[name]
  if not loader then
    error(require("understudy.suggest").unknown("name in understudy", name, names()), 2)
  end
  local value = loader()
  M[name] = value
  return value
end

--- Goes through all names, in order.
function meta.__pairs()
  local list, i = names(), 0
  return function()
    i = i + 1
    return list[i], list[i] and M[list[i]]
  end
end

function meta.__tostring()
  return "understudy " .. M.version .. ": " .. table.concat(names(), ", ")
end

return setmetatable(M, meta)
