--- shell: words of commands that we tell people to type.

local M = {}

--- A word as a POSIX shell takes it, in quotes where it needs them.
---@param text string
---@return string
function M.word(text)
  return text:find "^[%w_./:@%%+,-]+$" and text or "'" .. text:gsub("'", "'\\''") .. "'"
end

return M
