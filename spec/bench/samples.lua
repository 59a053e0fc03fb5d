--- samples: what repeated measurements say.

local M = {}

---@param list number[]
---@return number
function M.median(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  local middle <const> = (#sorted + 1) // 2
  return #sorted % 2 == 1 and sorted[middle] or (sorted[middle] + sorted[middle + 1]) / 2
end

--- How many times larger `others` are than `ours`: the median over pairs of the same round, because a
--- machine that is slow for a while is so for both.
---@param others number[]
---@param ours number[]
---@return number
function M.ratio(others, ours)
  local ratios = {}
  for i = 1, math.min(#others, #ours) do
    ratios[i] = others[i] / ours[i]
  end
  return M.median(ratios)
end

return M
