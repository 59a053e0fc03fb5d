--- source.catalog: a zone that lists the other zones of its targets, so that secondaries add and remove zones by
--- themselves (RFC 9432, version 2).
--
--   zone "catalog.example" { source = source.catalog {}, targets = { ns_b } }
--
-- The members are the zones of the policy that have one of the catalog's targets. A zone's `group` is told too,
-- for the secondary to choose a template by.

local digest = require "openssl.digest"

local core = require "understudy.core"
local hex = require "understudy.hex"
local schema = require "understudy.schema"

local M = {}

M.name = "catalog"

M.options = schema.record {}

local ID_OCTETS <const> = 16 -- of the hash of a name

local HEAD <const> = [[
$TTL 300
@ SOA invalid. invalid. 1 14400 3600 1209600 300
@ NS invalid.
version TXT "2"
]]

local Catalog = {}
Catalog.__index = Catalog
Catalog.__name = "understudy.source.catalog"

-- The label of a member: the same as long as its name is (RFC 9432 §4.1), and its label in the catalog that lists it.
local function id_of(member)
  local text = member.id and member.name .. " " .. member.id or member.name
  return hex.encode(digest.new("sha256"):final(text):sub(1, ID_OCTETS))
end

--- Says which zones there are, once the whole policy is known.
---@param members {name: string, group?: string, id?: string}[]
function Catalog:assign(members)
  self.members = members
end

--- Another catalog, which nobody has assigned anything.
---@return table source
function Catalog.copy()
  return M.new()
end

--- Makes the catalog. Its serial is that of its publication.
---@param zone_name string
---@return {zone: any, version: string}? pulled
---@return understudy.Error? err
function Catalog:pull(zone_name)
  local lines = { HEAD }
  for _, member in ipairs(self.members) do
    local id = id_of(member)
    lines[#lines + 1] = ("%s.zones PTR %s\n"):format(id, member.name)
    if member.group then
      lines[#lines + 1] = ("group.%s.zones TXT \"%s\"\n"):format(id, member.group)
    end
  end
  local zone, err = core.parse { text = table.concat(lines), name = "the catalog " .. zone_name, origin = zone_name }
  if not zone then
    return nil, err
  end
  return { zone = zone, version = zone.hash }
end

--- The members change with the policy only, which then has another source.
function Catalog.watch() end

--- Makes the source of a policy.
---@return table source
function M.new()
  return setmetatable({ members = {} }, Catalog)
end

return M
