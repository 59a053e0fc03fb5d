--- database: an open SQLite file, its settings and its transactions. Blocks; the loop uses store.thread.

local luasql = require "luasql.sqlite3"
local quote = require "understudy.store.quote"
local schema = require "understudy.store.schema"
local uerror = require "understudy.error"

local M = {}

local Database = {}
Database.__index = Database
Database.__name = "understudy.Database"

local function failure(path, message)
  return uerror.fail_temporarily("io", "%s: %s", path, (message:gsub("^LuaSQL: ", "")))
end

--- Runs a statement that returns nothing.
---@param statement string with :names
---@param values? table
---@return boolean? ok
---@return understudy.Error? err
function Database:execute(statement, values)
  local result, message = self.connection:execute(quote.bind(statement, values))
  if not result then
    return failure(self.path, message)
  end
  if type(result) == "userdata" then
    result:close()
  end
  return true
end

--- Runs a query and returns all its rows, as tables by column name.
---@param statement string with :names
---@param values? table
---@return table[]? rows
---@return understudy.Error? err
function Database:rows(statement, values)
  local cursor, message = self.connection:execute(quote.bind(statement, values))
  if not cursor then
    return failure(self.path, message)
  end
  local rows = {}
  while true do
    local row = cursor:fetch({}, "a")
    if not row then
      break
    end
    rows[#rows + 1] = row
  end
  cursor:close()
  return rows
end

--- Runs fn() inside a transaction, or inside a step of the one that is open: all of it is done, or nothing.
---@param fn fun(): any, any
---@return any result what fn returned
---@return understudy.Error? err
function Database:transaction(fn)
  local outer = not self.inside
  local ok, err = self:execute(outer and "BEGIN IMMEDIATE" or "SAVEPOINT step")
  if not ok then
    return nil, err
  end
  self.inside = true
  local done, result, problem = pcall(fn)
  if not done then
    result, problem = nil, uerror.from(result)
  end
  if result then
    ok, problem = self:execute(outer and "COMMIT" or "RELEASE step")
  end
  if not (result and ok) then
    result = nil
    -- A full disk can have ended the transaction already; then there is nothing left to undo.
    self:execute(outer and "ROLLBACK" or "ROLLBACK TO step")
  end
  self.inside = not outer
  return result, problem
end

function Database:close()
  if self.connection then
    self.connection:close()
    self.environment:close()
    self.connection = nil
  end
end

Database.__close = Database.close

local function first(db, statement)
  local rows, err = db:rows(statement)
  if not rows then
    return nil, err
  end
  return select(2, next(rows[1] or {}))
end

local function migrate(db)
  local version, err = first(db, "PRAGMA user_version")
  if not version then
    return nil, err
  end
  if version > #schema.migrations then
    return uerror.fail("refused", "%s was written by a newer understudy (format %d, this one knows %d)",
      db.path, version, #schema.migrations)
  end
  for number = version + 1, #schema.migrations do
    local ok, problem = db:transaction(function()
      for _, statement in ipairs(schema.migrations[number]) do
        assert(db:execute(statement))
      end
      return db:execute(("PRAGMA user_version = %d"):format(number))
    end)
    if not ok then
      return nil, problem
    end
  end
  return true
end

local function prepare(db, readonly)
  for _, setting in ipairs { "busy_timeout = 5000", "synchronous = FULL", "foreign_keys = ON" } do
    local ok, err = db:execute("PRAGMA " .. setting)
    if not ok then
      return nil, err
    end
  end
  if readonly then
    return db:execute("PRAGMA query_only = ON")
  end
  local verdict, err = first(db, "PRAGMA quick_check(1)")
  if not verdict then
    return nil, err
  elseif verdict ~= "ok" then
    return uerror.fail("io", "%s is damaged: %s", db.path, verdict)
  end
  local ok, problem = db:execute("PRAGMA journal_mode = WAL")
  if not ok then
    return nil, problem
  end
  return migrate(db)
end

--- Opens a database, makes it if need be and brings its tables up to date.
---@param path string
---@param options? {readonly?: boolean}
---@return table? database
---@return understudy.Error? err
function M.open(path, options)
  local readonly = options and options.readonly
  if readonly then
    local file <close>, reason = io.open(path, "rb")
    if not file then
      return uerror.fail("absent", "%s", reason)
    end
  end
  local environment = luasql.sqlite3()
  local connection, message = environment:connect(path)
  if not connection then
    environment:close()
    return failure(path, message)
  end
  local db = setmetatable({
    path = path,
    environment = environment,
    connection = connection,
    inside = false,
  }, Database)
  local ok, err = prepare(db, readonly)
  if not ok then
    db:close()
    return nil, err
  end
  return db
end

return M
