--- name_servers: what the name servers of a zone serve of it, those aside that are asked as targets.

local address = require "understudy.net.address"
local catalog = require "understudy.catalog"
local net_resolver = require "understudy.net.resolver"
local verify = require "understudy.verify"

local M = {}

local DNS_PORT <const> = 53
local EVERYWHERE <const> = { "0.0.0.0/0", "::/0" } -- also what is no public address

---@class understudy.NameServerOptions
---@field known table<string, boolean> "192.0.2.1:53" of those that are asked anyway
---@field resolvers? string[] whom to ask for addresses; nil: those of the system
---@field port? integer of name servers; 53

-- The names of the name servers. Nobody resolves a catalog (RFC 9432 §4.1).
local function names_of(zone)
  local rrset, names = not catalog.is_catalog(zone) and zone:lookup(zone.origin, "NS"), {}
  for i = 1, rrset and #rrset or 0 do
    names[i] = rrset[i]
  end
  return names
end

-- Adds to `found` the addresses of names that the zone does not have.
local function look_up(names, resolvers, found)
  local resolver <close>, err = net_resolver.new { servers = resolvers, allow = EVERYWHERE }
  if not resolver then
    return nil, err
  end
  local questions = {}
  for _, name in ipairs(names) do
    questions[#questions + 1] = { name, "A" }
    questions[#questions + 1] = { name, "AAAA" }
  end
  for _, lookup in ipairs(resolver:lookup_all(questions)) do
    local addresses = found[lookup.target]
    table.move(lookup.addresses or {}, 1, #(lookup.addresses or {}), #addresses + 1, addresses)
    addresses.problem = lookup.outcome == "failure" and lookup.error or addresses.problem
  end
  return true
end

-- The addresses of host names: those in the zone from there, all others by lookup.
local function addresses_of(names, zone, resolvers)
  local found, outside = {}, {}
  for _, name in ipairs(names) do
    found[name] = {}
    for _, type in ipairs { "A", "AAAA" } do
      local rrset = zone:lookup(name, type)
      for i = 1, rrset and #rrset or 0 do
        table.insert(found[name], rrset[i])
      end
    end
    outside[#outside + 1] = #found[name] == 0 and name or nil
  end
  local ok, err = #outside == 0, nil
  if not ok then
    ok, err = look_up(outside, resolvers, found)
  end
  return ok and found, err
end

--- The name servers of a zone, an entry for each of their addresses; without `address`, and why, where there is none.
---@param zone any
---@param options understudy.NameServerOptions
---@return {name: string, address?: string, port?: integer, text?: string, why?: string}[]? servers
---@return understudy.Error? err
function M.of(zone, options)
  local names, list = names_of(zone), {}
  local addresses, err = addresses_of(names, zone, options.resolvers)
  if not addresses then
    return nil, err
  end
  for _, name in ipairs(names) do
    if #addresses[name] == 0 then
      local problem = addresses[name].problem
      list[#list + 1] = {
        name = name, why = problem and "its name can't be looked up: " .. problem or "its name has no address",
      }
    end
    for _, ip in ipairs(addresses[name]) do
      local port = options.port or DNS_PORT
      local text = address.format(address.canonical(ip), port)
      list[#list + 1] = not options.known[text] and { name = name, address = ip, port = port, text = text } or nil
    end
  end
  return list
end

--- Compares what one of them serves with a publication.
---@param server {name: string, address?: string, port?: integer, text?: string, key?: any, why?: string}
---@param zone any
---@param earlier? fun(serial: integer): table? as for verify.inspect
---@return understudy.Verdict verdict with `name` and `server`
function M.inspect(server, zone, earlier)
  local verdict = server.address and verify.inspect(server, zone, earlier)
    or { verdict = "unreachable", why = server.why, differences = {}, count = 0 }
  verdict.name, verdict.server = server.name, server.text
  return verdict
end

--- The same for all of them.
---@param zone any
---@param options understudy.NameServerOptions
---@return understudy.Verdict[]? verdicts
---@return understudy.Error? err
function M.inspect_all(zone, options)
  local servers, err = M.of(zone, options)
  if not servers then
    return nil, err
  end
  local verdicts = {}
  for i, server in ipairs(servers) do
    verdicts[i] = M.inspect(server, zone)
  end
  return verdicts
end

return M
