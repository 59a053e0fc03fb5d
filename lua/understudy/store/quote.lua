--- quote: the one place where values become part of SQL.
--
-- LuaSQL knows no bound parameters. Statements are constants with :names; only what stands in `values`
-- is ever put in, always quoted, in the way of one dialect.

local hex = require "understudy.hex"

local M = {}

-- What a database can't hold in a text is written as people see it: \xNN.
local function visible(octet)
  return ("\\x%02X"):format(octet:byte())
end

-- The same text with those octets made visible that are no UTF-8, or NUL.
local function clean(text)
  if utf8.len(text) and not text:find("\0", 1, true) then
    return text
  end
  local parts, at = {}, 1
  while at <= #text do
    local _, bad = utf8.len(text, at)
    bad = bad or #text + 1
    parts[#parts + 1] = text:sub(at, bad - 1)
    parts[#parts + 1] = text:sub(bad, bad):gsub(".", visible)
    at = bad + 1
  end
  return (table.concat(parts):gsub("%z", visible))
end

-- SQLite's texts hold any octets, but a literal ends at a NUL.
local function sqlite_text(text)
  if text:find("\0", 1, true) then
    return ("CAST(%s AS TEXT)"):format(M.blob(text))
  end
  return "'" .. text:gsub("'", "''") .. "'"
end

-- Backslashes are nothing special: the session has standard_conforming_strings.
local function postgresql_text(text)
  return "'" .. clean(text):gsub("'", "''") .. "'"
end

local TEXTS <const> = { sqlite = sqlite_text, postgresql = postgresql_text }

--- An SQL literal of a value; of a zone, its text; of a list, all its values in parentheses.
---@param value any nil, a boolean, number, string, zone or table
---@param dialect? "sqlite"|"postgresql"
---@return string
function M.value(value, dialect)
  local kind = math.type(value) or type(value)
  if kind == "nil" then
    return "NULL"
  elseif kind == "boolean" then
    return value and "1" or "0"
  elseif kind == "integer" then
    return ("%d"):format(value)
  elseif kind == "float" then
    assert(value == value and math.abs(value) ~= math.huge, "SQL has no such number")
    return ("%.17g"):format(value)
  elseif kind == "string" then
    return TEXTS[dialect or "sqlite"](value)
  elseif getmetatable(value) == "understudy.Zone" then -- what the classes of core show in place of their metatable
    return M.value(value:text(), dialect)
  elseif kind ~= "table" then
    error("SQL has no " .. kind)
  end
  local list = {}
  for i, element in ipairs(value) do
    list[i] = M.value(element, dialect)
  end
  return "(" .. (#list > 0 and table.concat(list, ", ") or "NULL") .. ")"
end

--- An SQL literal of octets.
---@param octets string
---@return string
function M.blob(octets)
  return "x'" .. hex.encode(octets) .. "'"
end

-- A statement in parts: text and names in turn. The same few are used again and again.
local function split(statement)
  local parts, at = {}, 1
  for from, name, to in statement:gmatch "():(%l[%l_]*)()" do
    parts[#parts + 1] = statement:sub(at, from - 1)
    parts[#parts + 1] = name
    at = to
  end
  parts[#parts + 1] = statement:sub(at)
  return parts
end

local known <const> = setmetatable({}, { __mode = "v" }) -- parts by statement

--- Puts values into a statement.
---@param statement string a constant with :names
---@param values? table<string, any> a name that is absent becomes NULL
---@param dialect? "sqlite"|"postgresql"
---@return string
function M.bind(statement, values, dialect)
  local parts = known[statement] or split(statement)
  known[statement] = parts
  local bound = { parts[1] }
  for i = 2, #parts, 2 do
    bound[i], bound[i + 1] = M.value(values and values[parts[i]], dialect), parts[i + 1]
  end
  return table.concat(bound)
end

return M
