--- output: writes what a command has to say to standard output, and notices when that fails.

local json = require "understudy.json"

local M = {}

-- Thrown when nothing more can be written; has a message unless the reader simply went away.
local Closed = {}

local EPIPE <const> = 32

---@class understudy.Output
---@field file file*
local Output = {}
Output.__index = Output

--- Wraps a file.
---@param file file*
---@return understudy.Output
function M.new(file)
  file:setvbuf("full", 1 << 16)
  return setmetatable({ file = file }, Output)
end

--- The error that a failed write throws, if `value` is one.
---@param value any
---@return { message: string? }?
function M.is_closed(value)
  return getmetatable(value) == Closed and value or nil
end

local function must(ok, message, code)
  if not ok then
    local told = code ~= EPIPE and "standard output: " .. message or nil
    error(setmetatable({ message = told }, Closed), 0)
  end
end

--- Writes strings as they are.
---@param ... string
function Output:write(...)
  must(self.file:write(...))
end

--- Writes a formatted line.
---@param format string
function Output:line(format, ...)
  must(self.file:write(format:format(...), "\n"))
end

--- Writes a value as one line of JSON.
---@param value any
function Output:json(value)
  must(self.file:write(json.encode(value), "\n"))
end

--- Writes rows of cells as columns that are as wide as their widest cell.
---@param rows string[][]
function Output:columns(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, utf8.len(cell) or #cell)
    end
  end
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local padding = i < #row and widths[i] - (utf8.len(cell) or #cell) or 0
      cells[i] = cell .. (" "):rep(padding)
    end
    self:line("%s", table.concat(cells, "  "))
  end
end

--- Hands everything to the operating system.
function Output:flush()
  must(self.file:flush())
end

return M
