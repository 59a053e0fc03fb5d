--- complete: what can stand where the cursor is: names, fields and methods, and within quotes the
-- owners, types, files and topics that fit there.

local core = require "understudy.core"
local help = require "understudy.repl.help"
local lfs = require "lfs"
local reference = require "understudy.reference"
local understudy = require "understudy"

local M = {}

local OWNERS_MAX <const> = 200
local RRSETS_MAX <const> = 20000 -- looked at for owners; the rest of a large zone is not
local KEYWORDS <const> = {
  "false", "function", "local", "nil", "repeat", "return", "then", "true", "until", "while",
}
local TYPES <const> = {
  "A", "AAAA", "ALIAS", "CAA", "CNAME", "DS", "HTTPS", "MX", "NS", "POOL", "PTR", "SOA", "SRV",
  "SVCB", "TLSA", "TXT", "URL",
}

-- ---------------------------------------------------------------- classes

-- Names that begin with `start` and are followed by `past`.
local function add(words, names, start, past)
  for name in pairs(names) do
    if type(name) == "string" and name:sub(1, #start) == start then
      words[#words + 1] = name .. past
    end
  end
end

local function class_of(value)
  local meta = getmetatable(value)
  return type(meta) == "string" and meta or type(meta) == "table" and meta.__name or nil
end

-- The class that a method or function returns first, as the reference says.
local function returned_class(name)
  local entry = reference.entries()[name]
  local title = entry and entry.returns and entry.returns[1] and entry.returns[1][1]:match "^%w+"
  for _, topic in ipairs(reference.topics()) do
    if title and topic.title == title then
      return topic.class
    end
  end
end

-- What a path of plain names stands for, "zone" or "policy.zones[1]"; nil if there is no such thing.
local function value_of(path, environment)
  local value = environment
  for name, index in path:gmatch "([%a_][%w_]*)([%[%d%]]*)" do
    value = value[name]
    for position in index:gmatch "%[(%d+)%]" do
      value = value[math.tointeger(position)]
    end
  end
  return value
end

-- The value or the class of an expression that ends where a field or method is to follow. Calls are
-- not made: what they return is known from the reference.
local function subject(text, environment)
  local callee = text:match "^(.-)%s*%b()$"
  if callee then
    local owner, method = callee:match "^(.*):([%a_][%w_]*)$"
    local path = callee:match "[%a_][%w_.]*$"
    if not owner then
      return nil, path and returned_class(path:find "%." and path or "understudy." .. path)
    end
    local value, class = subject(owner, environment)
    local topic = reference.of_class(class or class_of(value) or "")
    return nil, topic and returned_class(topic.name .. ":" .. method)
  end
  local path = text:match "[%a_][%w_.%[%]]*$"
  if not path then
    return nil
  end
  local value = value_of(path, environment)
  return value, class_of(value)
end

-- ---------------------------------------------------------------- members

local function add_class(words, class, sign, start)
  local members = core.classes()[class]
  if members and sign == ":" then
    add(words, members.methods, start, "(")
  elseif members then
    add(words, members.fields, start, "")
  end
  return members ~= nil
end

local function add_table(words, value, sign, start)
  for name, member in pairs(value) do
    local is_function = type(member) == "function"
    if is_function or sign == "." then
      add(words, { [name] = true }, start, is_function and "(" or "")
    end
  end
  local meta = getmetatable(value)
  if type(meta) == "table" and type(meta.__index) == "table" then
    add_table(words, meta.__index, sign, start)
  end
end

local function members(text, sign, start, environment)
  local words = {}
  local value, class = subject(text, environment)
  if class and add_class(words, class, sign, start) then
    return words
  elseif type(value) == "table" then
    add_table(words, value, sign, start)
  elseif type(value) == "string" and sign == ":" then
    add(words, string, start, "(")
  end
  return words
end

local function names(start, environment)
  local words = {}
  for _, keyword in ipairs(KEYWORDS) do
    add(words, { [keyword] = true }, start, "")
  end
  for _, source in ipairs { environment, _G } do
    for name, value in next, source do
      add(words, { [name] = true }, start, type(value) == "function" and "(" or "")
    end
  end
  for name in pairs(help.functions()) do
    add(words, { [name] = true }, start, type(understudy[name]) == "function" and "(" or "")
  end
  return words
end

-- ---------------------------------------------------------------- within quotes

local function owners(zone, start)
  local words, seen, looked = {}, {}, 0
  local origin = zone.origin
  for rrset in zone:rrsets() do
    local owner = rrset.owner
    local short = owner == origin and "@" or owner:sub(1, -#origin - 2)
    looked = looked + 1
    if looked > RRSETS_MAX or #words == OWNERS_MAX then
      break
    elseif not seen[owner] then
      seen[owner] = true
      add(words, { [short] = true, [owner] = start:sub(-1) == "." or nil }, start, "")
    end
  end
  return words
end

local function types(_, start)
  local words = {}
  for _, type in ipairs(TYPES) do
    add(words, { [type] = true }, start, "")
  end
  return words
end

local function topics(_, start)
  local words = {}
  add(words, reference.entries(), start, "")
  add(words, help.functions(), start, "")
  for _, topic in ipairs(reference.topics()) do
    add(words, { [topic.name] = true }, start, "")
  end
  return words
end

local function files(_, start)
  local words, folder = {}, start:match "^.*/" or ""
  local ok, each, state = pcall(lfs.dir, folder == "" and "." or folder)
  for name in ok and each or function() end, state do
    if name:sub(1, 1) ~= "." or start:sub(#folder + 1, #folder + 1) == "." then
      local is_folder = lfs.attributes(folder .. name, "mode") == "directory"
      add(words, { [folder .. name] = true }, start, is_folder and "/" or "")
    end
  end
  return words
end

-- What stands before the quote, with what the text in it then is. The capture is a zone.
local PLACES <const> = {
  { "([%a_][%w_]*):lookup%s*%(%s*$", owners },
  { "([%a_][%w_]*)%[%s*$", owners },
  { ":lookup%s*%([^()]*,%s*$", types },
  { "([%a_][%w_]*):without%s*%(?%s*$", owners },
  { "([%a_][%w_]*):rrsets%s*%(?{[^{}]*under%s*=%s*$", owners },
  { "([%a_][%w_]*):each%s*%(?{[^{}]*under%s*=%s*$", owners },
  { "%f[%w]type%s*=%s*$", types },
  { "%f[%w]file%s*=%s*$", files },
  { "%f[%w]help%s*%(?%s*$", topics },
}

local function quoted(before, start, environment)
  for _, place in ipairs(PLACES) do
    local found = before:match(place[1])
    local value = found and environment[found]
    if found and (place[2] ~= owners or class_of(value) == "understudy.Zone") then
      return place[2](value, start)
    end
  end
  return {}
end

-- Where the string begins that is open at the end of a text.
local function open_quote(text)
  local quote, at
  local i = 1
  while i <= #text do
    local character = text:sub(i, i)
    if quote and character == "\\" then
      i = i + 1
    elseif character == quote then
      quote = nil
    elseif not quote and character:find "[\"']" then
      quote, at = character, i
    end
    i = i + 1
  end
  return quote and at
end

-- ---------------------------------------------------------------- words

-- The words that can take the place of what begins at `first` and ends the text.
local function words_at(text, environment)
  local quote = open_quote(text)
  if quote then
    return quoted(text:sub(1, quote - 1), text:sub(quote + 1), environment), quote + 1
  end
  local before, sign, start = text:match "^(.*[%w_%])])([.:])([%a_]?[%w_]*)$"
  if before then
    return members(before, sign, start, environment), #text - #start + 1
  end
  start = text:match "[%a_]?[%w_]*$"
  if text:sub(1, -#start - 1):find "[%w_%)%]}\"']$" then
    return {}, #text + 1 -- after a value no name can follow
  end
  return names(start, environment), #text - #start + 1
end

--- The words that can end a text.
---@param environment table<string, any>
---@param text string the line up to the cursor
---@param from integer where the part begins that a word is to replace
---@return string[] words sorted
function M.words(environment, text, from)
  local ok, found, first = pcall(words_at, text, environment)
  if not ok then -- a field threw that a person may have given to an object
    return {}
  end
  local words, seen = {}, {}
  for _, word in ipairs(found) do
    local whole = text:sub(from, first - 1) .. word:sub(math.max(from - first, 0) + 1)
    if not seen[whole] then
      seen[whole], words[#words + 1] = true, whole
    end
  end
  table.sort(words)
  return words
end

return M
