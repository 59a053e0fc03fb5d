--- tsig: what a peer has against a signature, in words.

local M = {}

-- The others say what they are about; this one is seldom understood (RFC 8945 §5.2.3).
local BADTIME <const> = "BADTIME, as its clock and ours are too far apart"

--- A TSIG error with what it means.
---@param name string "BADKEY", "BADTIME" …
---@return string
function M.told(name)
  return name == "BADTIME" and BADTIME or name
end

return M
