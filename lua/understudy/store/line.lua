--- line: a row of a table as a line of text, and back. Fields stand between tabs, each with a sign in front: `=` for a
-- value, `-` for none. What would end a field or a line is written as an escape.

local M = {}

local ESCAPES <const> = { ["\\"] = "\\\\", ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r" }
local ESCAPED <const> = { ["\\"] = "\\", t = "\t", n = "\n", r = "\r" }

local function escape(text)
  return (text:gsub("[%c\\]", function(octet)
    return ESCAPES[octet] or ("\\x%02x"):format(octet:byte())
  end))
end

-- nil if an escape is none.
local function unescape(text)
  local sound = true
  local result = text:gsub("\\(.?)(%x?%x?)", function(letter, digits)
    if letter == "x" and #digits == 2 then
      return string.char(tonumber(digits, 16))
    elseif ESCAPED[letter] then
      return ESCAPED[letter] .. digits
    end
    sound = false
  end)
  return sound and result or nil
end

local WRITERS <const> = {
  integer = function(value)
    return ("%d"):format(value)
  end,
  real = function(value)
    return ("%.17g"):format(value)
  end,
  text = escape,
}

local READERS <const> = {
  integer = function(text)
    return text:find "^%-?%d+$" and math.tointeger(tonumber(text))
  end,
  real = function(text)
    local number = text:find "^%-?[%d.]+[eE]?[-+]?%d*$" and tonumber(text)
    return number and math.abs(number) < math.huge and number + 0.0
  end,
  text = unescape,
}

--- Writes a row.
---@param row table by column
---@param columns {name: string, type: "integer"|"real"|"text"}[]
---@return string line without its end
function M.write(row, columns)
  local fields = {}
  for i, column in ipairs(columns) do
    local value = row[column.name]
    fields[i] = value == nil and "-" or "=" .. WRITERS[column.type](value)
  end
  return table.concat(fields, "\t")
end

--- Reads what `write` wrote.
---@param line string
---@param columns {name: string, type: string}[]
---@return table? row
---@return string? problem
function M.read(line, columns)
  local row, i = {}, 0
  for field in (line .. "\t"):gmatch "([^\t]*)\t" do
    i = i + 1
    local column, sign = columns[i], field:sub(1, 1)
    if not column then
      return nil, "it has too many fields"
    elseif sign == "=" then
      row[column.name] = READERS[column.type](field:sub(2))
      if not row[column.name] then
        return nil, ("the field '%s' is no %s"):format(column.name, column.type)
      end
    elseif field ~= "-" then
      return nil, ("the field '%s' has no sign in front"):format(column.name)
    end
  end
  if i < #columns then
    return nil, "it has too few fields"
  end
  return row
end

return M
