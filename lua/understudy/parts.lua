--- parts: a long list in parts, for what takes only so many at a time.

local M = {}

--- Goes through a list.
---@generic T
---@param list T[]
---@param size integer elements of each part but the last, at least 1
---@return fun(): T[]?
function M.of(list, size)
  local first = 1 - size
  return function()
    first = first + size
    return first <= #list and table.move(list, first, math.min(#list, first + size - 1), 1, {}) or nil
  end
end

return M
