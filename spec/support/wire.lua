--- Writes and reads DNS messages octet by octet, for tests that play a peer.
local M = {}

local OPCODES <const> = { query = 0, notify = 4, update = 5 }
local TYPES <const> = { A = 1, SOA = 6, AXFR = 252, IXFR = 251, ANY = 255 }
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
