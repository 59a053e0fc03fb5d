--- folder: the state folder and its files, for their owner only.

local core = require "understudy.core"
local lfs = require "lfs"
local uerror = require "understudy.error"

local M = {}

local FILES <const> = { "understudy.db", "lock" }

-- SQLite takes a file of one octet for one without any.
local EMPTY <const> = 1

local TRIAL <const> = "trial"

--- What SQLite says, with the reason of the system where it does not tell that it could make no file.
---@param path string of a file in the folder
---@param message string
---@return string
function M.explained(path, message)
  local folder = path:match "^(.*)/" or "."
  if not message:find("unable to open", 1, true) then
    return message
  end
  local made, err = core.create_file(folder .. "/" .. TRIAL, "", true)
  os.remove(folder .. "/" .. TRIAL)
  return made and message or ("%s, for no file can be made there: %s; make room, for files too (df -i)"):format(message,
    err.message:match ": (.*)" or err.message)
end

--- The database in a state folder.
---@param folder string
---@return string
function M.database(folder)
  return folder .. "/understudy.db"
end

--- The file in which a daemon that has a store leaves its name.
---@param folder string
---@return string
function M.worker(folder)
  return folder .. "/worker"
end

--- Where the store of a policy is, as understudy.store.database opens it. An error if its file was there before and is
--- empty or gone: that is nothing new. To be asked before anything opens it, as SQLite would take away what it wrote
--- beside it.
---@param policy {state: string, store?: string}
---@return string? target
---@return understudy.Error? err
function M.store(policy)
  local path, worker = M.database(policy.state), M.worker(policy.state)
  if not policy.store and lfs.attributes(worker, "mode") and (lfs.attributes(path, "size") or 0) <= EMPTY then
    return uerror.fail("io", "%s is empty or gone, and a daemon has used this state folder before: what it published, "
      .. "froze and approved is lost with it. Put a backup in its place, as with 'understudy store import'; to begin "
      .. "with nothing, remove %s", path, worker)
  end
  return policy.store or path
end

--- The control socket in a state folder.
---@param folder string
---@return string
function M.socket(folder)
  return folder .. "/control.sock"
end

--- Makes the folder and its files if need be, so that SQLite finds them with the right mode.
---@param folder string
---@return boolean? ok
---@return understudy.Error? err
function M.prepare(folder)
  local ok, err = core.make_folder(folder, true)
  for _, name in ipairs(FILES) do
    if not ok then
      return nil, err
    end
    ok, err = core.create_file(folder .. "/" .. name, "", true)
    ok = ok or err.code == "exists"
  end
  return ok or nil, err
end

return M
