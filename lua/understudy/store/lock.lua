--- lock: one daemon a state folder.
--
-- The lock is SQLite's own on a file that holds nothing: it ends with the process, however that dies. So who has it
-- knows that the worker is dead that wrote its name down here before.

local folders = require "understudy.store.folder"
local luasql = require "luasql.sqlite3"
local uerror = require "understudy.error"

local M = {}

local Lock = {}
Lock.__index = Lock
Lock.__name = "understudy.Lock"

--- Gives the folder free.
function Lock:release()
  if self.connection then
    self.connection:close()
    self.environment:close()
    self.connection = nil
    os.remove(self.pid_path)
  end
end

Lock.__close = Lock.release

--- The name of the worker that was announced here last; nil if none was.
---@return string?
function Lock:predecessor()
  local file <close> = io.open(self.worker_path, "rb")
  return file and file:read "l"
end

--- Writes the name of a worker down for those who come after it. That it is missing only makes them wait.
---@param worker string
function Lock:announce(worker)
  local new_path = self.worker_path .. ".new"
  local file = io.open(new_path, "wb")
  if file and file:write(worker, "\n") and file:close() then
    os.rename(new_path, self.worker_path)
  end
end

--- The number of this process; nil where the system does not tell.
---@return integer?
function M.pid()
  local file <close> = io.open("/proc/self/stat", "rb")
  return file and file:read "n"
end

-- Who holds the lock, as that process wrote it down.
local function holder(pid_path)
  local file <close> = io.open(pid_path, "rb")
  return file and file:read "n"
end

--- Makes a state folder if need be, and takes its lock.
---@param folder string
---@return table? lock
---@return understudy.Error? err
function M.take(folder)
  local prepared, err = folders.prepare(folder)
  if not prepared then
    return nil, err
  end
  local path, pid_path = folder .. "/lock", folder .. "/pid"
  local environment = luasql.sqlite3()
  local connection, message = environment:connect(path)
  if not connection then
    environment:close()
    return uerror.fail("io", "%s: %s", path, folders.explained(path, (message:gsub("^LuaSQL: ", ""))))
  end
  local ok, problem = connection:execute "BEGIN EXCLUSIVE"
  if not ok then
    connection:close()
    environment:close()
    if not problem:find("locked", 1, true) then
      return uerror.fail("io", "%s: %s", path, folders.explained(path, (problem:gsub("^LuaSQL: ", ""))))
    end
    local pid = holder(pid_path)
    return uerror.fail("busy", "another understudy%s uses the state folder %s",
      pid and (" (pid %d)"):format(pid) or "", folder)
  end
  local file <close> = io.open(pid_path, "wb")
  if file then
    file:write(M.pid() or "", "\n")
  end
  return setmetatable({
    environment = environment, connection = connection, pid_path = pid_path, worker_path = folders.worker(folder),
  }, Lock)
end

return M
