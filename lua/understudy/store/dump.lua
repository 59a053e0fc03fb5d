--- dump: a store as lines of text, which any store can be made of again: from SQLite to PostgreSQL, from one machine to
-- another. docs/store-format.md describes the lines.
--
-- What only running processes need, who is alive, by which policy, and who has which zone, is left out. Tokens stay, so
-- that no process of before can write to the new store.

local digest = require "openssl.digest"
local hex = require "understudy.hex"
local line = require "understudy.store.line"
local uerror = require "understudy.error"

local M = {}

local HEAD <const> = "understudy-store"
local VERSION <const> = 1
local ROWS_A_CALL <const> = 1000
local CONTENTS_A_CALL <const> = 8 -- of tables whose rows can be as large as zones
-- What is not kept, by table: all of it, or a column.
local LEFT_OUT <const> = { workers = true, policies = true, zones = { worker = true } }

---@class understudy.DumpTable
---@field name string
---@field columns {name: string, type: string}[]
---@field key string[]

-- The tables of a database as they are written.
local function tables_of(db)
  local list = {}
  for _, row in ipairs(assert(db.driver.tables(db))) do
    local left_out = LEFT_OUT[row.name] or {}
    if left_out ~= true then
      local columns, key = {}, {}
      for _, column in ipairs(assert(db.driver.columns(db, row.name))) do
        if column.key > 0 then
          key[column.key] = column.name
        end
        if not left_out[column.name] then
          columns[#columns + 1] = { name = column.name, type = column.type:lower() }
        end
      end
      list[#list + 1] = { name = row.name, columns = columns, key = key }
    end
  end
  return list
end

local function names_of(columns)
  local names = {}
  for i, column in ipairs(columns) do
    names[i] = column.name
  end
  return names
end

-- ---------------------------------------------------------------- writing

-- The rows of a table in the order of its key, page by page.
local function each_row(db, described, visit)
  local names, key = names_of(described.columns), table.concat(described.key, ", ")
  local large = table.concat(names, " "):find("content", 1, true)
  local values, where = { limit = large and CONTENTS_A_CALL or ROWS_A_CALL }, ""
  while true do
    local rows = assert(db:rows(("SELECT %s FROM %s %s ORDER BY %s LIMIT :limit"):format(
      table.concat(names, ", "), described.name, where, key), values))
    for _, row in ipairs(rows) do
      visit(row)
    end
    local last = rows[#rows]
    if not last then
      return
    end
    where = ("WHERE (%s) > (:%s)"):format(key, table.concat(described.key, ", :"))
    for _, name in ipairs(described.key) do
      values[name] = last[name]
    end
  end
end

--- Writes a store.
---@param db table
---@param write fun(text: string)
---@return integer? rows how many
---@return understudy.Error? err
function M.export(db, write)
  local sum, count = digest.new "sha256", 0
  local function put(text)
    sum:update(text)
    write(text)
  end
  return db:snapshot(function()
    put(("%s %d format %d\n"):format(HEAD, VERSION, assert(db:format())))
    for _, described in ipairs(tables_of(db)) do
      local words = {}
      for i, column in ipairs(described.columns) do
        words[i] = column.name .. ":" .. column.type
      end
      put(("table %s %s\n"):format(described.name, table.concat(words, " ")))
      each_row(db, described, function(row)
        put(line.write(row, described.columns) .. "\n")
        count = count + 1
      end)
    end
    write(("end %d %s\n"):format(count, hex.encode(sum:final())))
    return count
  end)
end

-- ---------------------------------------------------------------- reading

local function refuse(number, format, ...)
  error(uerror.new { code = "syntax", message = ("line %d: %s"):format(number, format:format(...)) }, 0)
end

--- Reads the first line.
---@param head string?
---@return integer? format of the store that was written
---@return understudy.Error? err
function M.read_head(head)
  local version, format = (head or ""):match("^" .. HEAD:gsub("%-", "%%-") .. " (%d+) format (%d+)$")
  if not version then
    return uerror.fail("syntax", "line 1: this is no store: it begins with '%s %d format …'", HEAD, VERSION)
  elseif tonumber(version) ~= VERSION then
    return uerror.fail("refused", "it is written in version %s, and this understudy reads version %d", version, VERSION)
  end
  return math.tointeger(tonumber(format))
end

-- The table that a line announces, as the database has it; its columns in the order of the line.
local function read_table(text, number, known)
  local name, rest = text:match "^table (%l[%l_]*)(.*)$"
  local described = known[name]
  if not described then
    refuse(number, "there is no such table: %s", text:sub(1, 80))
  end
  local types, columns = {}, {}
  for _, column in ipairs(described.columns) do
    types[column.name] = column.type
  end
  for word in rest:gmatch "%S+" do
    local column, kind = word:match "^(%l[%l_]*):(%l+)$"
    if not column or types[column] ~= kind then
      refuse(number, "the table %s has no column '%s'", name, word:sub(1, 80))
    end
    types[column] = nil
    columns[#columns + 1] = { name = column, type = kind }
  end
  if next(types) then
    refuse(number, "the column '%s' of the table %s is missing", next(types), name)
  end
  local names = names_of(columns)
  return { name = name, columns = columns, insert = ("INSERT INTO %s (%s) VALUES (:%s)"):format(name,
    table.concat(names, ", "), table.concat(names, ", :")) }
end

local function check_end(text, number, count, sum)
  local rows, hash = text:match "^end (%d+) (%x+)$"
  if not rows or tonumber(rows) ~= count or hash ~= hex.encode(sum) then
    refuse(number, "what was read is not what was written: %d rows, and their sum does not fit", count)
  end
end

-- Puts all rows in; the number of them.
local function read_rows(db, lines, head)
  local known = {}
  for _, described in ipairs(tables_of(db)) do
    known[described.name] = described
  end
  local sum, number, count, current = digest.new "sha256", 1, 0, nil
  sum:update(head .. "\n")
  for text in lines do
    number = number + 1
    if text:find "^end " then
      check_end(text, number, count, sum:final())
      if lines() then
        refuse(number + 1, "something stands behind the end")
      end
      return count, known
    end
    sum:update(text .. "\n")
    if text:find "^table " then
      current = read_table(text, number, known)
    elseif not current then
      refuse(number, "a row stands before its table")
    else
      local row, problem = line.read(text, current.columns)
      if not row then
        refuse(number, "%s", problem)
      end
      assert(db:execute(current.insert, row))
      count = count + 1
    end
  end
  refuse(number + 1, "its end is missing")
end

-- The name of a table that has rows.
local function filled(db)
  for _, described in ipairs(tables_of(db)) do
    local row = assert(db:row(("SELECT COUNT(*) AS count FROM %s"):format(described.name)))
    if row.count > 0 then
      return described.name
    end
  end
end

--- Fills an empty store, whose tables have the format that the head says: all of it, or nothing.
---@param db table
---@param head string the first line
---@param lines fun(): string? the others
---@return integer? rows how many
---@return understudy.Error? err
function M.import(db, head, lines)
  return db:transaction(function()
    assert(db.driver.lock_format(db))
    local occupied = filled(db)
    if occupied then
      return uerror.fail("refused", "%s is not empty: it has %s", db.name, occupied)
    end
    local count, known = read_rows(db, lines, head)
    for name, described in pairs(known) do
      if described.key[1] == "id" then
        assert(db.driver.resume_numbers(db, name))
      end
    end
    return count
  end)
end

return M
