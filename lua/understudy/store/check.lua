--- check: whether what a store holds is whole: every version can be told again and is what was written, serials rise,
-- and no row refers to one that is not there. Reads only.

local chain = require "understudy.store.chain"
local core = require "understudy.core"
local database = require "understudy.store.database"
local operations = require "understudy.store.operations.answers"

local M = {}

-- Rows with contents that are in memory at a time.
local VERSIONS_A_CALL <const> = 8

---@class understudy.StoreFault
---@field zone string
---@field place string   "publication 12 (serial 2024010101)"
---@field message string

-- Rows that refer to others that are not there: {table, what is wrong, a query for zone and place}.
local REFERENCES <const> = {
  { "the source zone that it was made from is not there",
    [[SELECT zone, 'publication ' || id AS place FROM publications WHERE pull IS NOT NULL AND pull NOT IN
      (SELECT id FROM pulls WHERE pulls.zone = publications.zone)]] },
  { "the pull that it is a delta of is not there",
    [[SELECT zone, 'pull ' || id AS place FROM pulls WHERE base IS NOT NULL AND base NOT IN
      (SELECT id FROM pulls p WHERE p.zone = pulls.zone)]] },
  { "the source zone that is published is not there",
    [[SELECT zone, 'pull ' || accepted AS place FROM zones WHERE accepted IS NOT NULL AND accepted NOT IN
      (SELECT id FROM pulls WHERE pulls.zone = zones.zone)]] },
  { "the publication that all targets may have is not there",
    [[SELECT zone, 'serial ' || released AS place FROM zones WHERE released IS NOT NULL AND released NOT IN
      (SELECT serial FROM publications WHERE publications.zone = zones.zone)]] },
  { "the settings under which it is run are not there",
    [[SELECT zone, 'settings ' || settings AS place FROM zones WHERE settings IS NOT NULL AND settings NOT IN
      (SELECT hash FROM settings)]] },
}
-- What only a worker writes, of a zone that it has.
local OF_ZONES <const> = { "publications", "pulls", "verdicts", "deliveries", "runs", "findings" }

local function place_of(kind, row)
  return ("%s %d (serial %s)"):format(kind, row.id, row.serial or "unknown")
end

-- The rows of a zone with their contents, oldest first, a few at a time.
local function versions(db, table_name, zone)
  local rows, i, last = {}, 0, 0
  return function()
    i = i + 1
    if i > #rows then
      rows, i = assert(db:rows(("SELECT * FROM %s WHERE zone = :zone AND id > :last ORDER BY id LIMIT :limit")
        :format(table_name), { zone = zone, last = last, limit = VERSIONS_A_CALL })), 1
      last = rows[#rows] and rows[#rows].id
    end
    return rows[i]
  end
end

-- A version from its row and the one that it is a delta of; nil and why it can't be told.
local function tell(row, before, zone)
  if row.whole == 1 then
    local made, err = core.parse { text = row.content, name = "the store", origin = zone }
    return made, err and err.message
  elseif not before then
    return nil, "it is a delta of nothing"
  end
  local done, made, err = pcall(chain.apply, before, row.delta)
  return done and made or nil, not done and "its delta can't be read" or err and err.message
end

-- What is wrong with a version that could be told.
local function differs(row, made)
  if row.hash ~= "" and made.hash ~= row.hash then
    return "its content is not what was written"
  elseif row.serial and made.serial ~= row.serial then
    return ("its SOA has serial %s"):format(made.serial or "none")
  elseif row.records > 0 and #made ~= row.records then
    return ("it has %d records and not %d"):format(#made, row.records)
  end
end

-- What is wrong with the place of a publication behind the one before it.
local function misplaced(row, last)
  if last and core.serial_compare(row.serial, last.serial) ~= 1 then
    return ("its serial is not behind %d"):format(last.serial)
  elseif last and row.token < last.token then
    return "a worker wrote it that had lost the zone"
  end
end

local function check_publications(db, zone, fault)
  local count, last, before = 0, nil, nil
  for row in versions(db, "publications", zone) do
    local made, why = tell(row, before, zone)
    why = why or differs(row, made) or misplaced(row, last)
    if not why and row.whole == 1 and before and row.delta ~= "" then
      local again = tell({ whole = 0, delta = row.delta }, before, zone)
      why = (not again or again.hash ~= made.hash) and "its delta does not lead to its content" or nil
    end
    if why then
      fault(zone, place_of("publication", row), why)
    end
    count, last, before = count + 1, row, made
  end
  return count
end

-- How many pulls are deltas of each.
local function uses(db, zone)
  local count = {}
  for _, row in ipairs(assert(db:rows("SELECT base FROM pulls WHERE zone = :zone AND base IS NOT NULL",
    { zone = zone }))) do
    count[row.base] = (count[row.base] or 0) + 1
  end
  return count
end

local function check_pulls(db, zone, fault)
  local count, left, made_of = 0, uses(db, zone), {}
  for row in versions(db, "pulls", zone) do
    local base = row.base
    local made, why = tell(row, base and made_of[base], zone)
    why = why or differs(row, made)
    if why then
      fault(zone, place_of("pull", row), why)
    end
    count = count + 1
    made_of[row.id] = left[row.id] and made -- only as long as others need it
    if base then
      left[base] = left[base] - 1
      made_of[base] = left[base] > 0 and made_of[base] or nil
    end
  end
  return count
end

-- The types of the columns of each table, by their names.
local function tables_of(db)
  local tables = {}
  for _, row in ipairs(assert(db.driver.tables(db))) do
    tables[row.name] = {}
    for _, column in ipairs(assert(db.driver.columns(db, row.name))) do
      tables[row.name][column.name] = column.type
    end
  end
  return tables
end

-- The tables have to have what those of a new store have, of its types: SQLite would hold others too.
local function check_tables(db, fault)
  local new <close> = assert(database.open ":memory:")
  local there = tables_of(db)
  for name, columns in pairs(tables_of(new)) do
    for column, kind in pairs(columns) do
      if not there[name] or not there[name][column] then
        fault("*", "table " .. name, ("its column %s is not there"):format(column))
      else
        local count = assert(db.driver.count_others(db, name, column, kind))
        if count > 0 then
          fault("*", "table " .. name, ("its column %s holds what is no %s, %d times"):format(column, kind, count))
        end
      end
    end
  end
end

-- What is remembered of ALIAS targets has to be such that it can be remembered.
local function check_answers(db, fault)
  local memory, last = core.answers {}, nil
  repeat
    local rows = assert(operations.answers(db, last))
    for _, row in ipairs(rows) do
      local known, why = pcall(memory.restore, memory, row)
      if not known then
        fault(row.target, "answer " .. row.type, why)
      end
    end
    last = rows[#rows]
  until not last
end

local function check_references(db, fault)
  for _, pair in ipairs(REFERENCES) do
    for _, row in ipairs(assert(db:rows(pair[2]))) do
      fault(row.zone, row.place, pair[1])
    end
  end
  for _, name in ipairs(OF_ZONES) do
    for _, row in ipairs(assert(db:rows(("SELECT DISTINCT zone FROM %s WHERE zone NOT IN (SELECT zone FROM zones)")
      :format(name)))) do
      fault(row.zone, name, "it has rows of a zone that is not there")
    end
  end
end

--- Checks a store.
---@param db table
---@param fault fun(fault: understudy.StoreFault) called for each thing that is wrong
---@return {zones: integer, publications: integer, pulls: integer, faults: integer}? counts
---@return understudy.Error? err when it can't be read
function M.run(db, fault)
  local counts = { zones = 0, publications = 0, pulls = 0, faults = 0 }
  local function tell_fault(zone, place, message)
    counts.faults = counts.faults + 1
    fault { zone = zone, place = place, message = message }
  end
  return db:snapshot(function()
    local ok, err = db.driver.check(db, "integrity_check(1)")
    if not ok then
      return nil, err
    end
    check_tables(db, tell_fault)
    check_references(db, tell_fault)
    check_answers(db, tell_fault)
    for _, row in ipairs(assert(db:rows "SELECT zone FROM zones ORDER BY zone")) do
      counts.zones = counts.zones + 1
      counts.publications = counts.publications + check_publications(db, row.zone, tell_fault)
      counts.pulls = counts.pulls + check_pulls(db, row.zone, tell_fault)
    end
    return counts
  end)
end

return M
