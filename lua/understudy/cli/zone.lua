--- zone: reads the zones that are named on the command line.

local core = require "understudy.core"
local error_object = require "understudy.error"

local M = {}

local STDIN_MAX <const> = 1 << 30
local CHUNK <const> = 1 << 16

--- Declares `--origin`.
function M.origin_option(parser)
  parser:option("--origin", "Name of the zone, if the file does not say it."):argname "NAME"
    :convert(function(name)
      local ok = pcall(core.parse, { text = "", origin = name })
      return ok and name or nil, ("'%s' is not a domain name"):format(name)
    end)
end

local function read_all(input)
  local chunks, size = {}, 0
  for chunk in input:lines(CHUNK) do
    size = size + #chunk
    if size > STDIN_MAX then
      return error_object.fail("limit", "standard input: more than %d octets", STDIN_MAX)
    end
    chunks[#chunks + 1] = chunk
  end
  return table.concat(chunks)
end

--- Reads a zone from a file, or from standard input if it is called "-". $INCLUDE reads only below
--- the file's own folder.
---@param path string
---@param origin string?
---@param input file*
---@param region string? whose records are read besides those that are everywhere
---@return any? zone
---@return understudy.Error? err
function M.read(path, origin, input, region)
  if path ~= "-" then
    local folder = path:match "^(.*)/[^/]*$"
    return core.parse { file = path, origin = origin, include = folder or ".", region = region }
  end
  local text, err = read_all(input)
  if not text then
    return nil, err
  end
  return core.parse { text = text, name = "<stdin>", origin = origin, region = region }
end

-- The RRsets of a zone, that of the apex SOA first.
local function rrsets(zone)
  return coroutine.wrap(function()
    local soa = zone:lookup("@", "SOA")
    if soa then
      coroutine.yield(soa)
    end
    for rrset in zone:rrsets() do
      if rrset.type ~= "SOA" or rrset.owner ~= zone.origin then
        coroutine.yield(rrset)
      end
    end
  end)
end

--- Writes a zone as records, the SOA first, one a line.
---@param zone any
---@param out understudy.Output
function M.print(zone, out)
  for rrset in rrsets(zone) do
    out:write(tostring(rrset), "\n")
  end
end

--- A zone as a value for JSON, its records in the order of `print`.
---@param zone any
---@return table
function M.totable(zone)
  local records = {}
  for rrset in rrsets(zone) do
    for i = 1, #rrset do
      records[#records + 1] = { owner = rrset.owner, ttl = rrset.ttl, type = rrset.type, data = rrset[i] }
    end
  end
  return { zone = zone.origin, serial = zone.serial, records = records }
end

return M
