--- folder: the state folder and its files, for their owner only.

local core = require "understudy.core"

local M = {}

local FILES <const> = { "understudy.db", "lock" }

--- The database in a state folder.
---@param folder string
---@return string
function M.database(folder)
  return folder .. "/understudy.db"
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
