--- chance: numbers from a seed, the same on every machine.

local M = {}

--- A generator (xorshift64*). `chance()` gives a number from 0 to 1, `chance(n)` one of 1 to n.
---@param seed integer
---@return fun(n?: integer): number
function M.new(seed)
  local state = seed * 0x9E3779B97F4A7C15 ~ 0x2545F4914F6CDD1D
  if state == 0 then
    state = 1
  end
  return function(n)
    state = state ~ (state >> 12)
    state = state ~ (state << 25)
    state = state ~ (state >> 27)
    local number = ((state * 0x2545F4914F6CDD1D) >> 11) / (1 << 53)
    return n and 1 + math.floor(number * n) or number
  end
end

return M
