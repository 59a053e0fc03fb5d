--- history: the lines that were typed, in a file that only its owner can read, so that the next
--- session has them.

local core = require "understudy.core"

local M = {}

local KEPT <const> = 1000 -- lines
local PRIVATE <const> = true

---@class understudy.repl.History
---@field private path string
---@field private last? string
local History = {}
History.__index = History

--- Where the file is (XDG Base Directory Specification).
---@return string? path nil without a home
function M.path()
  local state, home = os.getenv "XDG_STATE_HOME", os.getenv "HOME"
  if state and state:find "^/" then
    return state .. "/understudy/history"
  end
  return home and home ~= "" and home .. "/.local/state/understudy/history" or nil
end

---@param path string
---@return understudy.repl.History
function M.new(path)
  return setmetatable({ path = path }, History)
end

local function read_lines(path)
  local lines = {}
  local file <close> = io.open(path, "rb")
  for line in file and file:lines() or function() end do
    lines[#lines + 1] = line
  end
  return lines
end

--- The newest lines, the oldest of them first. A file that has grown too long is cut to them.
---@return string[]
function History:lines()
  local all = read_lines(self.path)
  local lines = table.move(all, math.max(1, #all - KEPT + 1), #all, 1, {})
  if #all > 2 * KEPT then
    os.remove(self.path)
    core.create_file(self.path, table.concat(lines, "\n") .. "\n", PRIVATE)
  end
  self.last = lines[#lines]
  return lines
end

--- Adds a line, unless it is empty or the same as the last. A history that cannot be written is no
--- reason to stop anyone.
---@param line string
---@return boolean added
function History:add(line)
  if not line:find "%S" or line == self.last then
    return false
  end
  self.last = line
  local folder = self.path:match "^(.*)/"
  core.make_folder(folder, PRIVATE)
  core.create_file(self.path, "", PRIVATE) -- unless it exists
  local file <close> = io.open(self.path, "ab")
  if file then
    file:write(line, "\n")
  end
  return true
end

return M
