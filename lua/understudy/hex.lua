--- hex: octets as hexadecimal digits, as hashes are shown and kept.

local M = {}

--- Encodes them, in lower case.
---@param octets string
---@return string
function M.encode(octets)
  return (octets:gsub(".", function(octet)
    return ("%02x"):format(octet:byte())
  end))
end

return M
