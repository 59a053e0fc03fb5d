--- fifo: a line: what came first goes first.

local M = {}

local Fifo = {}
Fifo.__index = Fifo

---@return table fifo with `push`, `pop` and a length
function M.new()
  return setmetatable({ first = 1, last = 0 }, Fifo)
end

function Fifo:push(value)
  self.last = self.last + 1
  self[self.last] = value
end

---@return any value nil when nothing is there
function Fifo:pop()
  if self.first > self.last then
    return nil
  end
  local value = self[self.first]
  self[self.first] = nil
  self.first = self.first + 1
  return value
end

function Fifo:__len()
  return self.last - self.first + 1
end

return M
