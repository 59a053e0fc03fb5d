--- postgresql: how the store uses PostgreSQL: several workers, on several machines, at one database.

local luasql = require "luasql.postgres"

local M = {
  dialect = "postgresql",
  begin = "BEGIN",
  -- Who only reads holds no rows, and may take his time with them.
  begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL idle_in_transaction_session_timeout = 0",
  for_update = " FOR UPDATE",
  for_update_of_z = " FOR UPDATE OF z",
  for_update_of_free = " FOR UPDATE SKIP LOCKED", -- who holds a row will tell what becomes of it
  hurry = "SET LOCAL lock_timeout = 100",
  now = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
  -- What the schema writes in the words of SQLite.
  words = {
    { "INTEGER PRIMARY KEY AUTOINCREMENT", "BIGSERIAL PRIMARY KEY" },
    { "%f[%w]INTEGER%f[%W]", "BIGINT" },
    { "%f[%w]REAL%f[%W]", "DOUBLE PRECISION" },
  },
}

local NUMBERS <const> = { int8 = true, int4 = true, int2 = true, float8 = true }
-- Of all locks that a database can hold, the one for the format of ours.
local FORMAT_LOCK <const> = 7365687

-- Milliseconds. A row or table that another session holds is waited for longer than until status tells of it, and not
-- as long as until a lease ends (understudy.sync.lease). A process that stops inside a transaction must not hold its
-- zones.
local LOCK_TIMEOUT <const> = 3500
local STOPPED_TIMEOUT <const> = 10000

-- A server that is gone without a word is noticed in seconds, not in hours; what the policy says comes later and wins.
local NOTICE_SILENCE <const> = "connect_timeout=5 keepalives_idle=5 keepalives_interval=2 keepalives_count=3 "
  .. "tcp_user_timeout=15000 "

--- Connects.
---@param words string "host=… dbname=…" or an URI, as libpq reads them
---@return any environment
---@return any connection
---@return string? message
function M.connect(words)
  local environment = luasql.postgres()
  local is_uri = words:find "^postgres%a*://"
  local connection, message = environment:connect(is_uri and words or NOTICE_SILENCE .. words)
  return environment, connection, message
end

-- Which columns of a result are numbers; nil if the server did not tell: LuaSQL asks it anew for each column.
local function numbers_of(cursor)
  local names, numeric = cursor:getcolnames(), {}
  for i, kind in ipairs(cursor:getcoltypes()) do
    if kind == "undefined" then
      return nil
    end
    numeric[names[i]] = NUMBERS[kind] and (kind == "float8" and "float" or "integer") or nil
  end
  return numeric
end

-- Rows come as texts; the types of the columns say which are numbers. They are the same for a statement each time.
function M.reader(cursor, statement, known)
  local numeric = known[statement] or numbers_of(cursor)
  known[statement] = numeric
  return numeric and function(row)
    for name, kind in pairs(numeric) do
      if row[name] then
        local number = tonumber(row[name])
        row[name] = kind == "float" and number + 0.0 or math.tointeger(number)
      end
    end
    return row
  end
end

function M.lock_format(db)
  return db:rows("SELECT pg_advisory_xact_lock(:lock)", { lock = FORMAT_LOCK })
end

function M.version(db)
  local row, err = db:row "SELECT to_regclass('format') IS NOT NULL AS there"
  if not row then
    return nil, err
  elseif row.there ~= "t" then
    return 0
  end
  row, err = db:row "SELECT version FROM format"
  return row and row.version, err
end

function M.set_version(db, number)
  local ok, err = db:execute(number == 1 and "CREATE TABLE format (version BIGINT NOT NULL)"
    or "DELETE FROM format")
  if not ok then
    return nil, err
  end
  return db:execute("INSERT INTO format (version) VALUES (:number)", { number = number })
end

--- Adds a row whose key counts by itself; its number.
function M.insert(db, statement, values)
  local row, err = db:row(statement .. " RETURNING id", values)
  return row and row.id, err
end

--- The names of the tables, but that of the format.
function M.tables(db)
  return db:rows [[SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name <> 'format' ORDER BY 1]]
end

--- The columns of a table in their order: rows {name, type, key} in SQLite's words; key: its place in the key, 0 for
--- none.
function M.columns(db, name)
  return db:rows([[SELECT CAST(a.attname AS TEXT) AS name, COALESCE(array_position(CAST(i.indkey AS SMALLINT[]),
        a.attnum) + 1, 0) AS key,
      CASE CAST(a.atttypid AS REGTYPE) WHEN 'bigint'::REGTYPE THEN 'INTEGER'
        WHEN 'double precision'::REGTYPE THEN 'REAL' ELSE 'TEXT' END AS type
    FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
    WHERE a.attrelid = CAST(:name AS REGCLASS) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum]],
    { name = name })
end

--- How many values of a column are of another type than it has.
function M.count_others()
  return 0 -- the server holds none
end

--- Lets a table whose rows were put in with their numbers go on behind them.
function M.resume_numbers(db, name)
  return db:rows(([[SELECT setval(pg_get_serial_sequence('%s', 'id'), COALESCE(MAX(id), 1), MAX(id) IS NOT NULL)
    FROM %s]]):format(name, name))
end

function M.is_damage()
  return false -- what the server can't read, it may read again
end

-- The server looks after its own files.
function M.check(db)
  return db:execute "SELECT 1" and true
end

--- Settles how the session works.
---@param db table
---@param readonly boolean
---@return any ok
---@return understudy.Error? err
function M.prepare(db, readonly)
  for _, setting in ipairs {
    "client_encoding = 'UTF8'", "standard_conforming_strings = on", "client_min_messages = warning",
    "default_transaction_isolation = 'read committed'",
    "default_transaction_read_only = " .. (readonly and "on" or "off"),
    "lock_timeout = " .. LOCK_TIMEOUT,
    "idle_in_transaction_session_timeout = " .. STOPPED_TIMEOUT,
  } do
    local ok, err = db:execute("SET " .. setting)
    if not ok then
      return nil, err
    end
  end
  return true
end

return M
