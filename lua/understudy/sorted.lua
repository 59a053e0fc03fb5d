--- sorted: the keys of a table in order, for what a person reads and what must come out the same each time.

local M = {}

--- Its keys, which can be compared with one another, in order.
---@param names table
---@return any[]
function M.keys(names)
  local keys = {}
  for key in pairs(names) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

return M
