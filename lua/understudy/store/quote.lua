--- quote: the one place where values become part of SQL.
--
-- LuaSQL knows no bound parameters. Statements are constants with :names; only what stands in `values`
-- is ever put in, always quoted.

local M = {}

--- An SQL literal of a value.
---@param value nil|boolean|number|string
---@return string
function M.value(value)
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
  elseif kind ~= "string" then
    error("SQL has no " .. kind)
  elseif value:find("\0", 1, true) then
    return ("CAST(%s AS TEXT)"):format(M.blob(value))
  end
  return "'" .. value:gsub("'", "''") .. "'"
end

--- An SQL literal of octets.
---@param octets string
---@return string
function M.blob(octets)
  return "x'" .. octets:gsub(".", function(c)
    return ("%02x"):format(c:byte())
  end) .. "'"
end

--- Puts values into a statement.
---@param statement string a constant with :names
---@param values? table<string, any> a name that is absent becomes NULL
---@return string
function M.bind(statement, values)
  return (statement:gsub(":(%l[%l_]*)", function(name)
    return M.value(values and values[name])
  end))
end

return M
