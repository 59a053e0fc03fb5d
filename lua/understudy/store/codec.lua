--- codec: values as octets, for the way to the store's thread and back.
--
-- Holds nil, booleans, numbers, strings of any octets and tables of them. A frame is the length of a
-- value in 4 octets and the value.

local M = {}

local DEPTH_MAX <const> = 16

local function put(value, out, depth)
  local kind = math.type(value) or type(value)
  if kind == "nil" then
    out[#out + 1] = "n"
  elseif kind == "boolean" then
    out[#out + 1] = value and "t" or "f"
  elseif kind == "integer" then
    out[#out + 1] = string.pack("<c1i8", "i", value)
  elseif kind == "float" then
    out[#out + 1] = string.pack("<c1d", "d", value)
  elseif kind == "string" then
    out[#out + 1] = string.pack("<c1s4", "s", value)
  elseif kind == "table" and depth < DEPTH_MAX then
    out[#out + 1] = "{"
    for k, v in pairs(value) do
      put(k, out, depth + 1)
      put(v, out, depth + 1)
    end
    out[#out + 1] = "}"
  else
    error(("a %s can't be sent"):format(kind))
  end
end

local get

local function get_table(octets, at)
  local value = {}
  while octets:byte(at) ~= 125 do -- }
    local k, v
    k, at = get(octets, at)
    v, at = get(octets, at)
    value[k] = v
  end
  return value, at + 1
end

function get(octets, at)
  local tag = octets:sub(at, at)
  at = at + 1
  if tag == "n" then
    return nil, at
  elseif tag == "t" or tag == "f" then
    return tag == "t", at
  elseif tag == "i" then
    return string.unpack("<i8", octets, at)
  elseif tag == "d" then
    return string.unpack("<d", octets, at)
  elseif tag == "s" then
    return string.unpack("<s4", octets, at)
  elseif tag == "{" then
    return get_table(octets, at)
  end
  error("not an encoded value")
end

--- A value as octets.
---@param value any
---@return string
function M.encode(value)
  local out = {}
  put(value, out, 0)
  return table.concat(out)
end

--- The value of octets made by encode.
---@param octets string
---@return any
function M.decode(octets)
  return (get(octets, 1))
end

--- Reads a frame from a socket; nil at its end.
---@param socket any a cqueues socket
---@return any? value
function M.read(socket)
  local header = socket:xread(4, "bf")
  if not header or #header < 4 then
    return nil
  end
  local length = string.unpack("<I4", header)
  local octets = socket:xread(length, "bf")
  if not octets or #octets < length then
    return nil
  end
  return M.decode(octets)
end

--- Writes a frame to a socket.
---@param socket any a cqueues socket
---@param value any
---@return boolean? ok
---@return any? why
function M.write(socket, value)
  return socket:xwrite(string.pack("<s4", M.encode(value)), "bn")
end

return M
