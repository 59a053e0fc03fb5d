--- suggest: the "did you mean" of error messages.

local M = {}

-- Edits that turn a into b, a swap of neighbours being one (optimal string alignment).
local function distance(a, b)
  local before, last = {}, {}
  for j = 0, #b do
    last[j] = j
  end
  for i = 1, #a do
    local this = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(last[j] + 1, this[j - 1] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, before[j - 2] + 1)
      end
      this[j] = best
    end
    before, last = last, this
  end
  return last[#b]
end

--- The known name that is nearest to what was written, if one is near enough to be meant.
---@param name string
---@param known string[]
---@return string?
function M.nearest(name, known)
  local written, best, best_distance = name:lower():sub(1, 64), nil, nil
  local allowed = math.max(1, #written // 3)
  for _, candidate in ipairs(known) do
    if math.abs(#candidate - #written) <= allowed then
      local d = distance(written, candidate:lower())
      if d <= allowed and (not best_distance or d < best_distance) then
        best, best_distance = candidate, d
      end
    end
  end
  return best
end

--- "unknown option 'zoens', did you mean 'zones'?"; without a near one the known names are listed.
---@param what string what kind of name it is
---@param name any
---@param known string[]
---@return string
function M.unknown(what, name, known)
  local text = ("unknown %s '%s'"):format(what, tostring(name))
  local near = M.nearest(tostring(name), known)
  if near then
    return ("%s, did you mean '%s'?"):format(text, near)
  elseif #known > 0 then
    return ("%s; known: %s"):format(text, table.concat(known, ", "))
  end
  return text
end

return M
