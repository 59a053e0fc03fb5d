--- session: another session at a test's PostgreSQL server, as an administrator's or another worker's.
---
---   local other <close> = session.open(where)     -- of the database that a store is in
---   other:run "LOCK TABLE zones"                  -- waits for the answer; rows as tables
local M = {}

local Session = {}
Session.__index = Session

--- Runs a statement.
---@param statement string
---@return table[]|number rows, or how many it touched
function Session:run(statement)
  local cursor, why = self.connection:execute(statement)
  assert(cursor, why)
  if type(cursor) == "number" then
    return cursor
  end
  local rows, row = {}, cursor:fetch({}, "a")
  while row do
    rows[#rows + 1] = row
    row = cursor:fetch({}, "a")
  end
  cursor:close()
  return rows
end

--- Ends all other sessions of a database, and returns when they are gone; how many there were.
---@param name string
---@return integer
function Session:end_others(name)
  local ended = 0
  repeat
    local left = #self:run(([[SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '%s' AND pid <> pg_backend_pid()]]):format(name))
    ended = math.max(ended, left)
  until left == 0
  return ended
end

function Session:close()
  self.connection:close()
  self.environment:close()
end

Session.__close = Session.close

--- Opens one.
---@param where string what a store is opened by
---@return table session
---@return string name of the database
function M.open(where)
  local environment = require("luasql.postgres").postgres()
  local connection, why = environment:connect((where:gsub("^postgresql ", "")))
  return setmetatable({ environment = environment, connection = assert(connection, why) }, Session),
    where:match "dbname=(%w+)"
end

return M
