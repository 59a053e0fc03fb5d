--- database: an open database, its transactions and its format. Blocks; the loop uses store.thread.
--
-- What SQLite and PostgreSQL do differently stands in their drivers: {dialect=, connect=, prepare=, begin=,
-- for_update=, now=, insert=, words=, …}.

local quote = require "understudy.store.quote"
local schema = require "understudy.store.schema"
local uerror = require "understudy.error"

local M = {}

local POSTGRESQL <const> = "^postgresql%s+(.+)$"

local Database = {}
Database.__index = Database
Database.__name = "understudy.Database"

local function failure(db, message)
  message = message:gsub("^LuaSQL: ", ""):gsub("%s+$", "")
  if db.driver.is_damage(message) then
    return db.driver.damaged(db, message)
  end
  return uerror.fail_temporarily("io", "%s: %s", db.name, message)
end

local function send(db, statement, values)
  if not db.connection then
    return failure(db, "the connection is closed")
  end
  return db.connection:execute(quote.bind(statement, values, db.driver.dialect))
end

--- Runs a statement that returns nothing.
---@param statement string with :names
---@param values? table
---@return integer? count of the rows that it touched
---@return understudy.Error? err
function Database:execute(statement, values)
  local result, message = send(self, statement, values)
  if not result then
    return failure(self, tostring(message))
  end
  if type(result) == "userdata" then
    result:close()
    result = 0
  end
  return math.tointeger(result) or 0
end

--- Runs a query and returns all its rows, as tables by column name.
---@param statement string with :names
---@param values? table
---@return table[]? rows
---@return understudy.Error? err
function Database:rows(statement, values)
  local cursor, message = send(self, statement, values)
  if not cursor then
    return failure(self, tostring(message))
  end
  local read, rows = self.driver.reader(cursor, statement, self.columns), {}
  if not read then
    cursor:close()
    return failure(self, "the connection was lost")
  end
  local row, why = cursor:fetch({}, "a")
  while row do
    rows[#rows + 1] = read(row)
    row, why = cursor:fetch({}, "a")
  end
  cursor:close()
  if why then -- a query that breaks off is no shorter answer
    return failure(self, tostring(why))
  end
  return rows
end

--- The first row of a query; false if there is none.
---@return table|false|nil row
---@return understudy.Error? err
function Database:row(statement, values)
  local rows, err = self:rows(statement, values)
  if not rows then
    return nil, err
  end
  return rows[1] or false
end

--- Adds a row to a table whose key counts by itself; its number.
---@param statement string an INSERT with :names
---@param values table
---@return integer? id
---@return understudy.Error? err
function Database:insert(statement, values)
  return self.driver.insert(self, statement, values)
end

-- What begins, keeps and undoes a part of the work.
local function brackets(begin)
  return { begin = begin, keep = "COMMIT", undo = { "ROLLBACK" } }
end

local STEP <const> = { begin = "SAVEPOINT step", keep = "RELEASE step", undo = { "ROLLBACK TO step", "RELEASE step" } }

local function within(db, part, fn)
  local ok, problem = db:execute(part.begin)
  if not ok then
    return nil, problem
  end
  local inside = db.inside
  db.inside = true
  local done, result
  done, result, problem = pcall(fn)
  if not done then
    result, problem = nil, uerror.from(result)
  end
  if result ~= nil then
    ok, problem = db:execute(part.keep)
  end
  if result == nil or not ok then
    result = nil
    for _, statement in ipairs(part.undo) do
      db:execute(statement) -- a full disk can have ended the transaction already; then there is nothing left to undo
    end
  end
  db.inside = inside
  return result, problem
end

--- Runs fn() inside a transaction: all of it is done, or, when fn throws or returns nil, nothing. Inside another one it
--- is a part of that: what fails here has to fail there.
---@param fn fun(): any, any
---@return any result what fn returned
---@return understudy.Error? err
function Database:transaction(fn)
  if self.inside then
    return fn()
  end
  return within(self, brackets(self.driver.begin), fn)
end

--- Runs fn() inside the transaction that is open: when it throws or returns nil, what else was done there stays.
---@param fn fun(): any, any
---@return any result what fn returned
---@return understudy.Error? err
function Database:step(fn)
  return within(self, STEP, fn)
end

--- Runs fn(), which only reads, so that all of it sees the same state.
---@param fn fun(): any, any
---@return any result what fn returned
---@return understudy.Error? err
function Database:snapshot(fn)
  return within(self, brackets(self.driver.begin_reading), fn)
end

--- Whether the database still answers.
---@return boolean
function Database:alive()
  return self:execute "SELECT 1" ~= nil
end

function Database:close()
  if self.connection then
    self.connection:close()
    self.connection = nil
  end
  if self.environment then
    self.environment:close()
    self.environment = nil
  end
end

Database.__close = Database.close

-- A step in the words of the dialect.
local function translate(db, statement)
  for _, pair in ipairs(db.driver.words) do
    statement = statement:gsub(pair[1], pair[2])
  end
  return statement
end

-- Brings the format one step further, unless another process does so at the same time.
local function migrate_to(db, number)
  return db:transaction(function()
    assert(db.driver.lock_format(db))
    local version = assert(db.driver.version(db))
    if version >= number then
      return true
    end
    db.columns = {} -- which of them are numbers is another thing then
    for _, statement in ipairs(schema.migrations[number]) do
      assert(db:execute(translate(db, statement)))
    end
    return db.driver.set_version(db, number)
  end)
end

--- The format that its tables have: the number of the last step of understudy.store.schema; 0 if there are none.
---@return integer? number
---@return understudy.Error? err
function Database:format()
  return self.driver.version(self)
end

-- The format, if it is one that this version knows.
local function known_format(db)
  local version, err = db:format()
  if version and version > #schema.migrations then
    return uerror.fail("refused", "%s was written by a newer understudy (format %d, this one knows %d): use that one",
      db.name, version, #schema.migrations)
  end
  return version, err
end

--- Brings the format up to date, or up to a step.
---@param last? integer
---@return integer? before the format that it had
---@return understudy.Error? err
function Database:migrate(last)
  local version, err = known_format(self)
  if not version then
    return nil, err
  end
  for number = version + 1, last or #schema.migrations do
    local ok, problem = migrate_to(self, number)
    if not ok then
      return nil, problem
    end
  end
  return version
end

-- Tables that are read as they are must be those that the reader knows.
local function check_format(db)
  local version, err = known_format(db)
  if not version then
    return nil, err
  elseif version == 0 then
    return uerror.fail("absent", "%s holds no store yet", db.name)
  elseif version < #schema.migrations and not db.any_format then
    return uerror.fail("refused", "%s has format %d and this version needs %d: start the daemon of this version, or "
      .. "run 'understudy store migrate'", db.name, version, #schema.migrations)
  end
  return true
end

--- Connects, or connects again after the connection was lost.
---@return boolean? ok
---@return understudy.Error? err
function Database:connect()
  self:close()
  self.inside, self.columns = false, {}
  local environment, connection, message = self.driver.connect(self.target, self.readonly)
  if not environment then
    return nil, connection
  elseif not connection then
    environment:close()
    return failure(self, tostring(message))
  end
  self.environment, self.connection = environment, connection
  local ok, err = self.driver.prepare(self, self.readonly)
  if ok and self.readonly then
    ok, err = check_format(self)
  elseif ok then
    ok, err = self:migrate(self.last_step)
  end
  if not ok then
    self:close()
    return nil, err
  end
  return true
end

--- Opens a database, makes it if need be and brings its tables up to date.
---@param path string of an SQLite file, or "postgresql " and the words that libpq connects by
---@param options? {readonly?: boolean, any_format?: boolean, last_step?: integer} any_format: an older one may be read;
---  last_step: up to which step its tables are brought up to date
---@return table? database
---@return understudy.Error? err
function M.open(path, options)
  local words = path:match(POSTGRESQL)
  options = options or {}
  local db = setmetatable({
    driver = require(words and "understudy.store.postgresql" or "understudy.store.sqlite"),
    target = words or path,
    name = words and "the PostgreSQL database" or path,
    readonly = options.readonly or false,
    any_format = options.any_format,
    last_step = options.last_step,
    inside = false,
  }, Database)
  local ok, err = db:connect()
  if not ok then
    return nil, err
  end
  return db
end

return M
