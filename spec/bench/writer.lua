--- writer: writes a zone file that appears as a whole, in large pieces.

---@class bench.Writer
---@field count integer records written
local Writer = {}
Writer.__index = Writer

local PIECE <const> = 4096 -- lines

local M = {}

---@param path string
---@return bench.Writer
function M.open(path)
  local file = assert(io.open(path .. ".part", "w"))
  return setmetatable({ path = path, file = file, lines = {}, used = 0, count = 0 }, Writer)
end

--- Writes text that ends in a line end and holds `records` records, 1 if not given.
---@param text string
---@param records integer?
function Writer:put(text, records)
  local used = self.used + 1
  self.lines[used] = text
  self.count = self.count + (records or 1)
  if used == PIECE then
    self.file:write(table.concat(self.lines, "", 1, used))
    used = 0
  end
  self.used = used
end

function Writer:close()
  self.file:write(table.concat(self.lines, "", 1, self.used))
  assert(self.file:close())
  assert(os.rename(self.path .. ".part", self.path))
end

return M
