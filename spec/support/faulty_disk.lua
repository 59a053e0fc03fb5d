--- faulty_disk: a disk below the daemon's SQLite that fails as a test says, see csrc/test/faulty_disk.c.
local command = require "spec.support.command"

local M = {}

local Disk = {}
Disk.__index = Disk

--- From now on the disk is "full", "readonly", "broken", "stalled", "slow" or "well", or one of those that name a call.
---@param word string
function Disk:set(word)
  command.replace(self.path, word)
end

--- How many calls to it the process made that used it last, if that ended by itself.
---@return integer?
function Disk:calls()
  local file <close> = io.open(self.path .. ".calls", "rb")
  return file and file:read "n"
end

--- A disk that is well.
---@param folder string where it keeps what it is
---@return table disk whose `words` go in front of the daemon's command
function M.new(folder)
  local build = command.program:match "^(.*)/"
  local library = build .. "/test/faulty_disk.so"
  assert(os.execute(("make -s BUILD=%s %s"):format(command.quoted(build), command.quoted(library))))
  local self = setmetatable({ path = folder .. "/disk" }, Disk)
  self.words = ("FAULTY_DISK=%s LD_PRELOAD=%s"):format(command.quoted(self.path), command.quoted(library))
  self:set "well"
  return self
end

return M
