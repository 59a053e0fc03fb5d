--- postgresql: a PostgreSQL server of one's own, on a Unix socket in a folder that goes with it. It ends with its
--- object or with the test process, however that ends.

local process = require "spec.support.process"

local M = {}

local PORT <const> = 5432

local function shell(format, ...)
  local pipe <close> = assert(io.popen("{ " .. format:format(...) .. "; } 2>&1", "r"))
  local out = pipe:read "a"
  local ok = pipe:close()
  return ok and out or nil, out
end

local Server = {}
Server.__index = Server

-- The server refuses to run as root, so another takes its place then.
local function as_user()
  if (shell "id -u"):match "^0" then
    return "setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME=/ "
  end
  return ""
end

local function newest_bin()
  local found = (shell "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1"):match "%S+"
  return assert(found, "PostgreSQL is not installed")
end

function Server:control(command, options)
  local out, why = shell("cd %s && %s %s/pg_ctl -D %s/data -l %s/log -w %s %s", self.folder, as_user(), newest_bin(),
    self.folder, self.folder, options or "", command)
  return assert(out, why)
end

--- Stops it at once, as a crash would, and starts it again.
function Server:restart()
  self:control("restart", "-m immediate")
end

--- The numbers of all its processes.
---@return integer[]
function Server:processes()
  local file <close> = assert(io.open(self.folder .. "/data/postmaster.pid"))
  local pids = { assert(file:read "n") }
  for pid in shell("ps -o pid= --ppid %d", pids[1]):gmatch "%d+" do
    pids[#pids + 1] = math.tointeger(tonumber(pid))
  end
  return pids
end

--- Sends a signal to all its processes: STOP makes it answer nobody until CONT.
---@param signal string
function Server:signal(signal)
  assert(shell("kill -%s %s", signal, table.concat(self:processes(), " ")))
end

--- A new, empty database; what `store.open` takes to reach it.
function Server:database()
  self.databases = (self.databases or 0) + 1
  local name = "d" .. self.databases
  self:sql("CREATE DATABASE " .. name, "postgres")
  return ("postgresql host=%s port=%d dbname=%s user=understudy"):format(self.folder, PORT, name), name
end

--- Runs SQL in a database.
function Server:sql(statement, name)
  return assert(shell("psql -qAt -h %s -p %d -U understudy -d %s -c \"%s\"", self.folder, PORT, name, statement))
end

function Server:stop()
  if self.guard then
    self.guard:close()
    self.guard = nil
  end
end

Server.__close = Server.stop
Server.__gc = Server.stop

-- A server that is begun anew is another child of nobody, so it is ended by its own program, whoever began it.
local GUARD <const> = [[
read -r _
cd %s && %s %s/pg_ctl -D %s/data -m immediate -w stop >/dev/null 2>&1
rm -rf %s
]]

--- Starts one.
---@return table server
function M.start()
  local folder = os.tmpname()
  os.remove(folder)
  local self = setmetatable({ folder = folder }, Server)
  self.guard = process.guard(GUARD:format(folder, as_user(), newest_bin(), folder, folder))
  assert(os.execute("mkdir -m 777 " .. folder))
  assert(shell("%s %s/initdb -D %s/data -U understudy -A trust -E UTF8 --locale=C --no-sync", as_user(),
    newest_bin(), folder))
  local file <close> = assert(io.popen(("%s tee -a %s/data/postgresql.conf >/dev/null"):format(as_user(), folder), "w"))
  -- The server may die; the machine does not, so nothing has to wait for its disk.
  file:write(("listen_addresses = ''\nport = %d\nunix_socket_directories = '%s'\nfsync = off\n"):format(PORT, folder))
  file:close()
  self:control "start"
  return self
end

return M
