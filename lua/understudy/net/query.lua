--- query: asks a name server a question, over UDP and, where the answer is truncated, over TCP.
--
-- Outside a loop the calls block.

local core = require "understudy.core"
local tcp = require "understudy.net.tcp"
local udp = require "understudy.net.udp"

local M = {}

local WITHIN <const> = 2 -- seconds for a try
local TRIES <const> = 3

---@class understudy.net.Reply
---@field rcode string           "NOERROR", "NXDOMAIN" …
---@field authoritative boolean
---@field answer table[]         {owner=, type=, ttl=, data=}
---@field authority table[]      likewise
---@field additional table[]     likewise

-- One try: what the answer says and its octets, or nil and an error.
local function try(server, request)
  local function match(octets)
    local response = request:read(octets, os.time())
    return response and { response = response, octets = octets }
  end
  local found, err = udp.exchange(request.octets, server.address, server.port, WITHIN, match)
  if found and found.response.truncated then
    local octets, problem = tcp.exchange(request.octets, server.address, server.port, WITHIN)
    return octets and match(octets), problem
  end
  return found, err
end

--- Asks for the records of a name and type.
---@param server {address: string, port: integer}
---@param name string
---@param type string
---@param recurse? boolean  the server is to find the answer elsewhere (RD)
---@return understudy.net.Reply? reply
---@return string? problem
function M.ask(server, name, type, recurse)
  local found, err
  for _ = 1, TRIES do
    local request = core.request { kind = "query", origin = name, type = type, recurse = recurse }
    found, err = try(server, request)
    local answer, authority, additional
    if found then
      answer, authority, additional = request:records(found.octets)
    end
    if answer then
      local response = found.response
      return {
        rcode = response.rcode, authoritative = response.authoritative,
        answer = answer, authority = authority, additional = additional,
      }
    end
  end
  return nil, err and err.message or "its answers are malformed"
end

return M
