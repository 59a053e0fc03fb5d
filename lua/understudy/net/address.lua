--- address: IP addresses as people write them, and lists of those who may come in.

local core = require "understudy.core"
local fault = require "understudy.error"

local M = {}

--- The ranges for documentation (RFC 5737, 3849, 9637). They lead nowhere, so a name that leads there harms nobody,
--- and examples and tests need some.
M.DOCUMENTATION = { "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20" }

--- The 4 or 16 octets of an IP address.
---@param text string
---@return string? octets nil if it is none
function M.octets(text)
  return (core.address(text))
end

--- An address in the form in which the system prints it (RFC 5952), by which peers are compared.
---@param text string
---@return string? canonical nil if it is none
function M.canonical(text)
  return (select(2, core.address(text)))
end

local function split(text)
  local inside, port = text:match("^%[(.*)%]:(%d+)$")
  if inside then
    return inside, port
  end
  inside = text:match("^%[(.*)%]$")
  if inside then
    return inside
  end
  if text:find(":.*:") then
    return text
  end
  local host, after = text:match("^(.*):(%d+)$")
  return host or text, after
end

--- Reads "192.0.2.1", "192.0.2.1:53", "2001:db8::1" or "[2001:db8::1]:53".
---@param text string
---@param default_port? integer
---@return string? address
---@return integer|understudy.Error? port
function M.parse(text, default_port)
  local address, digits = split(text)
  local port = digits and #digits <= 5 and math.tointeger(tonumber(digits)) or digits
  if not M.octets(address) then
    return fault.fail("syntax", "%s is no IP address", text)
  end
  if port and (math.type(port) ~= "integer" or port > 65535) then
    return fault.fail("syntax", "%s: a port is at most 65535", text)
  end
  return address, port or default_port
end

--- Writes what M.parse reads.
---@param address string
---@param port integer
---@return string
function M.format(address, port)
  return (address:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(address, port)
end

---@class understudy.net.Acl
local Acl = {}
Acl.__index = Acl
Acl.__name = "understudy.Acl"

local function in_network(octets, network)
  if #octets ~= #network.octets or octets:sub(1, #network.whole) ~= network.whole then
    return false
  end
  local shift = network.shift
  return shift == 8 or octets:byte(#network.whole + 1) >> shift == network.part
end

--- Whether the octets of an address, see M.octets, are in the list.
---@param octets string
---@return boolean
function Acl:has(octets)
  for _, network in ipairs(self) do
    if in_network(octets, network) then
      return true
    end
  end
  return false
end

--- Whether an address is in the list.
---@param address string
---@return boolean
function Acl:match(address)
  local octets = M.octets(address)
  return octets ~= nil and self:has(octets)
end

local function read_network(text)
  local address, digits = text:match("^([^/]*)/(%d%d?%d?)$")
  local octets = M.octets(address or text)
  local prefix = octets and tonumber(digits or #octets * 8)
  if not octets or prefix > #octets * 8 then
    return nil
  end
  local whole, shift = octets:sub(1, prefix // 8), 8 - prefix % 8
  return { octets = octets, whole = whole, shift = shift, part = (octets:byte(#whole + 1) or 0) >> shift }
end

--- Makes a list of addresses and networks, such as { "192.0.2.1", "2001:db8::/32" }.
---@param list string[]
---@return understudy.net.Acl?
---@return understudy.Error? err
function M.acl(list)
  local acl = {}
  for i, text in ipairs(list) do
    acl[i] = read_network(text)
    if not acl[i] then
      return fault.fail("syntax", "%s is neither an IP address nor a network such as 192.0.2.0/24", text)
    end
  end
  return setmetatable(acl, Acl)
end

return M
