--- alias: the part of a policy that says how ALIAS and POOL targets are looked up, remembered and published.

local address = require "understudy.net.address"
local schema = require "understudy.schema"

local M = {}

local SERVERS_MAX <const> = 16

local whole_number = function(max)
  return schema.number { min = 1, max = max, integer = true }
end

local ranges = schema.list(schema.range)

-- A list of ranges, which may be empty, or one range.
local function allow(value, at)
  return ranges(type(value) == "string" and { value } or value, at)
end

local options = schema.record {
  min_ttl = { schema.ttl, default = 60 },
  max_ttl = { schema.ttl, default = 86400 },
  on_failure = { schema.choice { "keep" }, default = "keep" },
  max_stale = { schema.duration_from(1) },
  confirm = { whole_number(1000), default = 3 },
  on_dangling = { schema.choice { "keep", "remove" }, default = "keep" },
  on_unresolved = { schema.choice { "hold", "omit" }, default = "hold" },
  ttl = { schema.choice { "least", "record" }, default = "least" },
  companion = { schema.choice { "drop", "keep" }, default = "drop" },
  jitter = { schema.fraction, default = 0.1 },
  timeout = { schema.duration_from(0.01), default = 2 },
  tries = { whole_number(100), default = 3 },
  agree = { whole_number(SERVERS_MAX) },
  allow = { allow, default = address.DOCUMENTATION },
}

--- The type of `alias`.
---@type understudy.SchemaType
function M.shape(value, at)
  local alias = options(value, at)
  if alias and (alias.min_ttl or 0) > (alias.max_ttl or math.huge) then
    at:fault("min_ttl is more than max_ttl")
  end
  return alias
end

--- As many servers as must agree before an empty answer is believed, of so many.
---@param alias table
---@param count integer 0: those of the system, of which one is enough
---@return integer
local function agree(alias, count)
  return alias.agree or math.max(1, math.min(2, count))
end

--- Finds fault with `alias` for a policy with so many resolvers.
---@param alias table
---@param count integer
---@param at table
function M.check_resolvers(alias, count, at)
  if alias and agree(alias, count) > math.max(count, 1) then
    at:child "alias":child "agree":fault("%d must agree, and resolver has %d", alias.agree, count)
  end
end

--- What understudy.answers is made from.
---@param alias table
---@return table options
function M.memory(alias)
  return {
    min_ttl = alias.min_ttl,
    max_ttl = alias.max_ttl,
    max_stale = alias.max_stale,
    confirm = alias.confirm,
    on_dangling = alias.on_dangling,
    jitter = alias.jitter,
  }
end

--- What the resolver of a policy is made from.
---@param policy understudy.Policy
---@return understudy.net.ResolverOptions
function M.resolver_of(policy)
  local servers
  for i, server in ipairs(policy.resolver or {}) do
    servers = servers or {}
    servers[i] = server.text
  end
  return M.resolver(policy.alias, servers)
end

--- What understudy.resolver is made from.
---@param alias table
---@param servers? string[] nil: those of the system
---@return understudy.net.ResolverOptions
function M.resolver(alias, servers)
  return {
    servers = servers,
    timeout = alias.timeout,
    tries = alias.tries,
    agree = agree(alias, servers and #servers or 0),
    allow = alias.allow,
  }
end

return M
