--- small_disk: a disk of 2 MiB and few files, in a name space of its own, for what happens when it is really full.
---
---   local disk <close> = small_disk.new(folder)   -- nil where the system does not let us
---   daemon.start(folder, { words = disk.words })  -- sees it at FOLDER/state
local command = require "spec.support.command"
local nsd = require "spec.support.nsd"
local process = require "spec.support.process"

local M = {}

local SIZE <const> = "2m"
local FILES <const> = 32

-- The shell holds the name space until its input ends.
local HOLDER <const> = [[
exec unshare -rm sh -c 'mount -t tmpfs -o size=%s,nr_inodes=%d,mode=700 none "$1" && echo $$ >"$2"; read -r _' - %s %s
]]

local Disk = {}
Disk.__index = Disk

--- Leaves no octet free.
function Disk:fill()
  os.execute(("cat /dev/zero >%s 2>/dev/null"):format(command.quoted(self.path .. "/filler")))
end

--- Makes room again.
function Disk:empty()
  assert(os.execute(("rm -rf %s/filler"):format(command.quoted(self.path))))
end

--- Leaves no file to be made.
function Disk:take_files()
  os.execute(("{ mkdir -p %s/filler; cd %s/filler && for i in $(seq %d); do mktemp XXXXXX; done; } >/dev/null 2>&1")
    :format(command.quoted(self.path), command.quoted(self.path), FILES))
end

function Disk:close()
  self.holder:close()
end

Disk.__close = Disk.close

--- Makes one at FOLDER/state, for those who start with `words`; others find it at `path`.
---@param folder string
---@return table? disk
function M.new(folder)
  if not os.execute "unshare -rm mount -t tmpfs none /tmp 2>/dev/null" then
    return nil
  end
  local state, told = folder .. "/state", folder .. "/holder"
  assert(os.execute("mkdir " .. command.quoted(state)))
  local self = setmetatable({}, Disk)
  self.holder = process.guard(HOLDER:format(SIZE, FILES, command.quoted(state), command.quoted(told)))
  local pid = nsd.await("the disk", function()
    local file <close> = io.open(told)
    return file and file:read "n"
  end)
  self.path = ("/proc/%d/root%s"):format(pid, state)
  self.words = ("nsenter -U -m --preserve-credentials -t %d sh -c 'cd \"$0\" && exec \"$@\"' %s"):format(pid,
    command.quoted(folder))
  return self
end

return M
