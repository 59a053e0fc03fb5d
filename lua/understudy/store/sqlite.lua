--- sqlite: how the store uses SQLite: one file, one process that writes.

local luasql = require "luasql.sqlite3"
local uerror = require "understudy.error"

local M = {
  dialect = "sqlite",
  begin = "BEGIN IMMEDIATE",
  begin_reading = "BEGIN",
  for_update = "", -- the whole file is locked
  for_update_of_z = "",
  for_update_of_free = "",
  now = ":now",
  words = {}, -- the schema is written in SQLite's
}

--- Opens the file.
---@param path string
---@param readonly boolean whether it must be there
---@return any environment nil and an error if it is not
---@return any connection
---@return string? message
function M.connect(path, readonly)
  if readonly then
    local file <close>, reason = io.open(path, "rb")
    if not file then
      return uerror.fail("absent", "%s", reason)
    end
  end
  local environment = luasql.sqlite3()
  local connection, message = environment:connect(path)
  return environment, connection, message
end

-- What SQLite says of a file that is not as it wrote it.
local DAMAGE <const> = { "malformed", "not a database", "no such table", "no such column", "has no column",
  "already exists", "duplicate column" }

--- Whether a message says that the file is damaged.
---@param message string
---@return boolean
function M.is_damage(message)
  for _, words in ipairs(DAMAGE) do
    if message:find(words, 1, true) then
      return true
    end
  end
  return false
end

--- Says so, and what to do.
---@return nil
---@return understudy.Error err
function M.damaged(db, why)
  return uerror.fail("io", "%s is damaged (%s): stop the daemon, keep a copy of it, remove it with its -wal and -shm "
    .. "files, and put a backup in its place, as with 'understudy store import'; secondaries serve what they have "
    .. "meanwhile", db.name, why)
end

-- Rows come with numbers as they are.
function M.reader()
  return function(row)
    return row
  end
end

local function pragma(db, name)
  local row, err = db:row("PRAGMA " .. name)
  if not row then
    return nil, err
  end
  return select(2, next(row))
end

function M.lock_format()
  return true
end

function M.version(db)
  return pragma(db, "user_version")
end

function M.set_version(db, number)
  return db:execute(("PRAGMA user_version = %d"):format(number))
end

--- Adds a row whose key counts by itself; its number.
function M.insert(db, statement, values)
  local count, err = db:execute(statement, values)
  if not count then
    return nil, err
  end
  local row
  row, err = db:row "SELECT last_insert_rowid() AS id"
  return row and row.id, err
end

--- The names of the tables, but those that are SQLite's own.
function M.tables(db)
  return db:rows [[SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name]]
end

--- The columns of a table in their order: rows {name, type, key}; key: its place in the key, 0 for none.
function M.columns(db, name)
  return db:rows("SELECT name, type, pk AS key FROM pragma_table_info(:name) ORDER BY cid", { name = name })
end

--- How many values of a column are of another type than it has.
---@return integer? count
---@return understudy.Error? err
function M.count_others(db, name, column, kind)
  local row, err = db:row(("SELECT COUNT(*) AS count FROM %s WHERE typeof(%s) NOT IN ('null', :kind)")
    :format(name, column), { kind = kind:lower() })
  return row and row.count, err
end

--- Lets a table whose rows were put in with their numbers go on behind them.
function M.resume_numbers()
  return true -- AUTOINCREMENT minds them
end

--- Says whether the file is whole.
---@param db table
---@param how "quick_check(1)"|"integrity_check(1)"
---@return boolean? ok
---@return understudy.Error? err
function M.check(db, how)
  local verdict, err = pragma(db, how)
  if not verdict then
    return nil, err
  elseif verdict ~= "ok" then
    return M.damaged(db, verdict:match "[^\n]*$")
  end
  return true
end

--- Settles how the file is used.
---@param db table
---@param readonly boolean
---@return any ok
---@return understudy.Error? err
function M.prepare(db, readonly)
  for _, setting in ipairs { "busy_timeout = 5000", "synchronous = FULL", "foreign_keys = ON" } do
    local ok, err = db:execute("PRAGMA " .. setting)
    if not ok then
      return nil, err
    end
  end
  if readonly then
    return db:execute "PRAGMA query_only = ON"
  end
  local ok, err = M.check(db, "quick_check(1)")
  if not ok then
    return nil, err
  end
  return db:execute "PRAGMA journal_mode = WAL"
end

return M
