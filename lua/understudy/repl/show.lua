--- show: values as text for a person: what prints itself as it does, tables as Lua where that is
--- possible, sorted, aligned, and neither too deep nor too long.

local M = {}

local ALIGN_MAX <const> = 24 -- columns; what comes after longer keys is not aligned
local INDENT <const> = "  "

---@class understudy.repl.Limits
---@field width integer columns
---@field depth integer tables in tables
---@field items integer of one table
---@field text integer  octets of a string in a table

---@type understudy.repl.Limits
local USUAL <const> = { width = 100, depth = 4, items = 20, text = 200 }

--- Shows all there is.
---@type understudy.repl.Limits
M.EVERYTHING = { width = 100, depth = 1000, items = math.maxinteger, text = math.maxinteger }

local RESERVED <const> = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
    return then true until while]]):gmatch "%a+" do
  RESERVED[word] = true
end

local ESCAPES <const> = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }

-- In quotes, without control characters and octets that are no UTF-8.
local function quoted(text)
  local unsafe = utf8.len(text) and '[%c"\\]' or '[%c"\\\x80-\xff]'
  return '"' .. text:gsub(unsafe, function(octet)
    return ESCAPES[octet] or ("\\x%02x"):format(octet:byte())
  end) .. '"'
end

local function number(value)
  if value ~= value then
    return "0/0"
  elseif value == math.huge or value == -math.huge then
    return value < 0 and "-math.huge" or "math.huge"
  end
  return math.type(value) == "integer" and ("%d"):format(value) or ("%.14g"):format(value)
end

-- What prints itself, in one line between other things.
local function object(value)
  local first, rest = tostring(value):match "^([^\n]*)(.*)"
  return ("<%s%s>"):format(first:gsub("\t", " "), rest ~= "" and " …" or "")
end

local function prints_itself(value)
  local meta = getmetatable(value)
  return type(value) ~= "table" or type(meta) == "table" and meta.__tostring ~= nil or
    type(meta) == "string"
end

local function scalar(value, limits)
  local kind = type(value)
  if kind == "string" then
    return #value > limits.text and quoted(value:sub(1, limits.text)) .. " …" or quoted(value)
  elseif kind == "number" then
    return number(value)
  elseif kind == "boolean" or kind == "nil" then
    return tostring(value)
  end
  return object(value)
end

local function key_text(key, limits)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" and not RESERVED[key] then
    return key
  end
  return "[" .. scalar(key, limits) .. "]"
end

-- Numbers first, then all else by how it is written.
local function before(a, b)
  if type(a.key) == "number" and type(b.key) == "number" then
    return a.key < b.key
  elseif type(a.key) == "number" or type(b.key) == "number" then
    return type(a.key) == "number"
  end
  return a.name < b.name
end

-- The first entries of a table in order, {key=, name=, value=}, without name in the list part; and
-- how many more there are.
local function entries(source, limits)
  local list, named, length = {}, {}, rawlen(source)
  for i = 1, math.min(length, limits.items) do
    list[i] = { value = source[i] }
  end
  for key, value in next, source do
    if math.type(key) ~= "integer" or key < 1 or key > length then
      named[#named + 1] = { key = key, name = key_text(key, limits), value = value }
    end
  end
  table.sort(named, before)
  for i = 1, math.min(#named, limits.items - #list) do
    list[#list + 1] = named[i]
  end
  return list, length + #named - #list
end

local function widest_name(list)
  local widest = 0
  for _, entry in ipairs(list) do
    local width = utf8.len(entry.name or "") or 0
    if width <= ALIGN_MAX then
      widest = math.max(widest, width)
    end
  end
  return widest
end

local function join_in_line(list, texts)
  local parts = {}
  for i, entry in ipairs(list) do
    parts[i] = entry.name and entry.name .. " = " .. texts[i] or texts[i]
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local function join_in_lines(list, texts, more, indent)
  local lines, widest, inner = { "{" }, widest_name(list), indent .. INDENT
  for i, entry in ipairs(list) do
    local name = ""
    if entry.name then
      name = entry.name .. (" "):rep(widest - (utf8.len(entry.name) or 0)) .. " = "
    end
    lines[#lines + 1] = inner .. name .. texts[i] .. ","
  end
  if more > 0 then
    lines[#lines + 1] = ("%s-- … %d more"):format(inner, more)
  end
  lines[#lines + 1] = indent .. "}"
  return table.concat(lines, "\n")
end

local render

local function render_table(value, limits, indent, above)
  if next(value) == nil then
    return "{}"
  elseif above[value] then
    return "<a table around this one>"
  elseif above.depth >= limits.depth then
    return "{ … }"
  end
  above[value], above.depth = true, above.depth + 1
  local list, more = entries(value, limits)
  local texts, nested = {}, more > 0
  for i, entry in ipairs(list) do
    texts[i] = render(entry.value, limits, indent .. INDENT, above)
    nested = nested or texts[i]:find("\n", 1, true) ~= nil
  end
  above[value], above.depth = nil, above.depth - 1
  local line = not nested and join_in_line(list, texts)
  if line and #indent + (utf8.len(line) or #line) <= limits.width then
    return line
  end
  return join_in_lines(list, texts, more, indent)
end

function render(value, limits, indent, above)
  if prints_itself(value) then
    return scalar(value, limits)
  end
  return render_table(value, limits, indent, above)
end

local function printable(text)
  return utf8.len(text) and not text:find "[^%C\n\t]"
end

--- A value as it is shown on its own: text as it is, unless a terminal must not get it.
---@param value any
---@param limits? understudy.repl.Limits
---@return string
function M.value(value, limits)
  if type(value) == "string" then
    return printable(value) and value or quoted(value)
  elseif prints_itself(value) and type(value) ~= "number" then
    return tostring(value)
  end
  return render(value, limits or USUAL, "", { depth = 0 })
end

--- The first lines of a text. `hint` says how to see the others.
---@param text string
---@param lines integer
---@param hint string
---@return string
function M.cap(text, lines, hint)
  local from, last = 1, nil
  for _ = 1, lines do
    local line_end = text:find("\n", from, true)
    if not line_end then
      return text
    end
    last, from = line_end, line_end + 1
  end
  local _, more = text:sub(from):gsub("\n", "")
  if from <= #text and text:sub(-1) ~= "\n" then
    more = more + 1
  end
  return more == 0 and text or ("%s\n… %d more line%s: %s"):format(
    text:sub(1, last - 1), more, more == 1 and "" or "s", hint)
end

return M
