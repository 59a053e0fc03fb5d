--- percent: octets of text as %XX (RFC 3986 §2.1), for paths of URLs and for names of files.

local M = {}

--- Encodes all but unreserved characters: letters, digits and -._~
---@param text string
---@return string
function M.encode(text)
  return (text:gsub("[^%w%-._~]", function(octet)
    return ("%%%02X"):format(octet:byte())
  end))
end

--- Reads what was encoded.
---@param text string
---@return string
function M.decode(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

return M
