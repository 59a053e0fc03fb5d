--- codec: values as frames on a socket, for the way to the store's thread and back: the length of a packed value in 4
-- octets and the value. Both sides are in one process, so zones are not copied.

local core = require "understudy.core"

local M = {}

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
  return core.unpack(octets)
end

--- Writes a frame to a socket.
---@param socket any a cqueues socket
---@param value any
---@return boolean? ok
---@return any? why
function M.write(socket, value)
  return socket:xwrite(string.pack("<s4", core.pack(value)), "bn")
end

return M
