--- json: encodes values, for --json and the control API: keys in order, so that equal values give
-- equal text, and an empty table as an empty list.

local cjson = require "cjson"
local sorted = require "understudy.sorted"

local M = {}

local ESCAPES <const> = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function quote(text)
  if not utf8.len(text) then
    text = text:gsub("[\x80-\xff]", "?") -- JSON text is UTF-8
  end
  return '"' .. text:gsub('[%c"\\]', function(character)
    return ESCAPES[character] or ("\\u%04x"):format(character:byte())
  end) .. '"'
end

local function encode_list(list)
  local parts = {}
  for i, value in ipairs(list) do
    parts[i] = M.encode(value)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function encode_object(object)
  local keys = sorted.keys(object)
  for i, key in ipairs(keys) do
    keys[i] = quote(key) .. ":" .. M.encode(object[key])
  end
  return "{" .. table.concat(keys, ",") .. "}"
end

local function encode_number(number)
  if math.type(number) == "integer" then
    return ("%d"):format(number)
  elseif number ~= number or number == math.huge or number == -math.huge then
    return "null"
  end
  return ("%.14g"):format(number)
end

--- Encodes tables with string keys, lists, strings, numbers and booleans; all else as a string.
---@param value any
---@return string
function M.encode(value)
  local kind = type(value)
  if kind == "table" then
    return (next(value) == nil or value[1] ~= nil) and encode_list(value) or encode_object(value)
  elseif kind == "number" then
    return encode_number(value)
  elseif kind == "boolean" then
    return tostring(value)
  end
  return quote(tostring(value))
end

-- JSON has one kind of number; what is whole comes back as whole.
local function whole_numbers(value)
  if type(value) == "table" then
    for key, element in pairs(value) do
      value[key] = whole_numbers(element)
    end
  elseif math.type(value) == "float" then
    return math.tointeger(value) or value
  end
  return value
end

--- Decodes JSON.
---@param text string
---@return any value nil if it is none
function M.decode(text)
  local ok, value = pcall(cjson.decode, text)
  return ok and whole_numbers(value) or nil
end

return M
