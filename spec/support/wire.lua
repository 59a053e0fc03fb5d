--- Writes and reads DNS messages octet by octet, for tests that play a peer.
local M = {}

local OPCODES <const> = { query = 0, notify = 4, update = 5 }
local TYPES <const> = { A = 1, NS = 2, CNAME = 5, SOA = 6, AAAA = 28, AXFR = 252, IXFR = 251, ANY = 255 }
local TYPE_OPT <const> = 41
local RCODES <const> = {
  [0] = "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", [9] = "NOTAUTH",
}

local function name_octets(name)
  return (name:gsub("([^.]*)%.", function(label)
    return string.pack("s1", label)
  end)) .. "\0"
end

--- A message with one question.
---@param fields {name: string, type: string, id?: integer, opcode?: string, class?: integer, response?: boolean}
---@return string
function M.question(fields)
  local flags = OPCODES[fields.opcode or "query"] << 11 | (fields.response and 0x8000 or 0)
  return string.pack(">I2I2I2I2I2I2", fields.id or 1, flags, 1, 0, 0, 0)
    .. name_octets(fields.name)
    .. string.pack(">I2I2", TYPES[fields.type], fields.class or 1)
end

local function read_name(octets, at)
  local labels = {}
  while true do
    local label
    label, at = string.unpack("s1", octets, at)
    if label == "" then
      return table.concat(labels, ".") .. ".", at
    end
    labels[#labels + 1] = label
  end
end

-- The size that an OPT record right behind the question offers; 0 without one.
local function read_udp_size(octets, at, additional)
  if additional == 0 then
    return 0
  end
  local _, type, size
  _, at = read_name(octets, at)
  type, size = string.unpack(">I2I2", octets, at)
  return type == TYPE_OPT and size or 0
end

local function type_name(number)
  for name, code in pairs(TYPES) do
    if code == number then
      return name
    end
  end
  return "TYPE" .. number
end

--- Reads a message that asks one question; nil if it is none.
---@param octets string
---@return {id: integer, flags: integer, name: string, type: string, udp_size: integer}?
function M.read_question(octets)
  local ok, question = pcall(function()
    local id, flags, questions, _, _, additional = string.unpack(">I2I2I2I2I2I2", octets)
    assert(questions == 1 and flags & 0x8000 == 0)
    local name, at = read_name(octets, 13)
    local type, _, behind = string.unpack(">I2I2", octets, at)
    return {
      id = id, flags = flags, name = name:lower(), type = type_name(type),
      udp_size = read_udp_size(octets, behind, additional),
    }
  end)
  return ok and question or nil
end

local RDATA <const> = {}

function RDATA.A(data)
  local a, b, c, d = data:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  return string.pack("BBBB", a, b, c, d)
end

-- Both sides of "::" are filled up with zeros.
function RDATA.AAAA(data)
  local function groups(text)
    return (text:gsub("(%x+):?", function(group)
      return string.pack(">I2", tonumber(group, 16))
    end))
  end
  local left, right = data:match "^(.-)::(.*)$"
  left, right = groups(left or data), groups(right or "")
  return left .. ("\0"):rep(16 - #left - #right) .. right
end

RDATA.CNAME = name_octets
RDATA.NS = name_octets

function RDATA.SOA(data)
  local mname, rname, numbers = data:match "^(%S+) (%S+) (.*)$"
  return name_octets(mname) .. name_octets(rname) .. numbers:gsub("%d+ ?", function(number)
    return string.pack(">I4", number)
  end)
end

local function record_octets(text)
  local owner, ttl, type, data = text:match "^(%S+) (%d+) (%u+) (.*)$"
  return name_octets(owner) .. string.pack(">I2I2I4s2", TYPES[type], 1, ttl, RDATA[type](data))
end

local function section(records)
  local parts = {}
  for i, text in ipairs(records or {}) do
    parts[i] = record_octets(text)
  end
  return table.concat(parts), #parts
end

--- A message that answers one question, its records as "host.example. 300 A 192.0.2.1".
---@param fields {id: integer, flags: integer, rcode?: string, name: string, type: string, answer?: string[],
--- authority?: string[]}
---@return string
function M.response(fields)
  local rcode = 0
  for code, name in pairs(RCODES) do
    rcode = name == fields.rcode and code or rcode
  end
  local answer, answers = section(fields.answer)
  local authority, authorities = section(fields.authority)
  return string.pack(">I2I2I2I2I2I2", fields.id, fields.flags | rcode, 1, answers, authorities, 0)
    .. name_octets(fields.name) .. string.pack(">I2I2", TYPES[fields.type], 1) .. answer .. authority
end

--- The header of a message.
---@param octets string
---@return {id: integer, rcode: string, answers: integer, truncated: boolean, authoritative: boolean}
function M.header(octets)
  local id, flags, _, answers = string.unpack(">I2I2I2I2", octets)
  return {
    id = id,
    rcode = RCODES[flags & 15],
    answers = answers,
    truncated = flags & 0x0200 ~= 0,
    authoritative = flags & 0x0400 ~= 0,
  }
end

return M
