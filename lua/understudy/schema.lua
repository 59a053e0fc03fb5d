--- schema: what a table of options must look like, and all that is wrong with one at once.
--
-- A type is a function (value, at) → the value in its final form. What is wrong is added to `at`, which
-- knows the path to the value ("targets[1].notify") and what was written around it.

local address = require "understudy.net.address"
local background = require "understudy.background"
local suggest = require "understudy.suggest"
local units = require "understudy.units"

local M = {}

---@alias understudy.SchemaType fun(value: any, at: table): any

---@class understudy.Fault
---@field path string
---@field message string
---@field origin? any   the innermost thing around the value that the caller can find again
---@field keys string[] the names on the way from there to the value

local At = {}
At.__index = At

-- The path to a place and the names on the way from its origin. Only faults need them, and most places have none.
local function describe(at)
  local path, keys, inside = {}, {}, true
  while at.parent do
    local key = at.key
    if math.type(key) then
      table.insert(path, 1, ("[%d]"):format(key))
    elseif key then
      table.insert(path, 1, "." .. key)
      if inside then
        table.insert(keys, 1, key)
      end
    end
    inside = inside and not at.begins
    at = at.parent
  end
  return (table.concat(path):gsub("^%.", "")), keys
end

function At:fault(format, ...)
  local path, keys = describe(self)
  self.faults[#self.faults + 1] = { path = path, message = format:format(...), origin = self.origin, keys = keys }
end

--- The same place, one step further: a name or a number in a list.
function At:child(key)
  return setmetatable({ parent = self, key = key, faults = self.faults, origin = self.origin }, At)
end

--- The same path, inside something that can be found by itself; nil: no change.
function At:within(origin)
  if origin == nil then
    return self
  end
  return setmetatable({ parent = self, faults = self.faults, origin = origin, begins = true }, At)
end

--- Checks a value.
---@param kind understudy.SchemaType
---@param value any
---@return any value in its final form; only to be used when there is no fault
---@return understudy.Fault[] faults
function M.check(kind, value)
  local at = setmetatable({ faults = {} }, At)
  return kind(value, at), at.faults
end

--- A type by a function that returns the value, or nil and what is wrong.
---@param read fun(value: any): any, string?
---@return understudy.SchemaType
function M.custom(read)
  return function(value, at)
    local result, problem = read(value)
    if result == nil then
      at:fault("%s", problem)
    end
    return result
  end
end

M.duration = M.custom(units.duration)
M.fraction = M.custom(units.fraction)

M.text = M.custom(function(value)
  if type(value) ~= "string" or value == "" then
    return nil, ("%s is not a text"):format(units.show(value))
  end
  return value
end)

M.flag = M.custom(function(value)
  if type(value) ~= "boolean" then
    return nil, ("%s is neither true nor false"):format(units.show(value))
  end
  return value
end)

--- A number.
---@param options {min?: number, max?: number, integer?: boolean}
---@return understudy.SchemaType
function M.number(options)
  local min, max = options.min or -math.huge, options.max or math.huge
  return M.custom(function(value)
    local number = type(value) == "number" and value or nil
    if number and options.integer then
      number = math.tointeger(number)
    end
    if not number then
      return nil, ("%s is not a %snumber"):format(units.show(value), options.integer and "whole " or "")
    elseif not (number >= min and number <= max) then
      local range = max < math.huge and ("between %s and %s"):format(min, max) or ("%s or more"):format(min)
      return nil, ("%s is not %s"):format(units.show(value), range)
    end
    return number
  end)
end

--- A duration of at least `min` seconds.
---@param min number
---@return understudy.SchemaType
function M.duration_from(min)
  return M.custom(function(value)
    local seconds, problem = units.duration(value)
    if seconds and seconds < min then
      return nil, ("%s is less than %s"):format(units.show(value), units.span(min))
    end
    return seconds, problem
  end)
end

--- A TTL: a duration of whole seconds, one at least.
---@type understudy.SchemaType
M.ttl = M.custom(function(value)
  local seconds, problem = units.duration(value)
  if not seconds then
    return nil, problem
  elseif seconds < 1 or not math.tointeger(seconds) then
    return nil, ("%s is not a whole number of seconds, 1 or more"):format(units.show(value))
  end
  return math.tointeger(seconds)
end)

--- An address with a port, "192.0.2.1:53" or "[2001:db8::1]:53", as {address=, port=, text=}.
---@param default_port integer
---@return understudy.SchemaType
function M.endpoint(default_port)
  return M.custom(function(value)
    local host, port
    if type(value) == "string" then
      host, port = address.parse(value, default_port)
    end
    if not host then
      return nil, ("%s is not an address with a port"):format(units.show(value))
    end
    host = address.canonical(host)
    return { address = host, port = port, text = address.format(host, port) }
  end)
end

--- An address, or a range of them such as "192.0.2.0/24".
---@type understudy.SchemaType
M.range = M.custom(function(value)
  if type(value) ~= "string" or not address.acl { value } then
    return nil, ("%s is neither an address nor a range of addresses"):format(units.show(value))
  end
  return value
end)

--- An address without a port.
---@type understudy.SchemaType
M.address = M.custom(function(value)
  if type(value) ~= "string" or value:find("/", 1, true) or not address.acl { value } then
    return nil, ("%s is not an address"):format(units.show(value))
  end
  return value
end)

--- A TSIG key, as core.key makes it.
---@type understudy.SchemaType
M.key = M.custom(function(value)
  local meta = getmetatable(value)
  if meta == "understudy.Key" then -- what the classes of core show in place of their metatable
    return value
  elseif meta == M.Broken then
    return nil, value.problem
  end
  return nil, ("%s is not a key: write key \"file\""):format(units.show(value))
end)

--- Stands for a value that could not be made, so that its fault is told with all others.
M.Broken = { __name = "understudy.Broken" }

---@param problem string
---@return table
function M.broken(problem)
  return setmetatable({ problem = problem }, M.Broken)
end

--- One of some words.
---@param words string[]
---@return understudy.SchemaType
function M.choice(words)
  return M.custom(function(value)
    for _, word in ipairs(words) do
      if value == word then
        return value
      end
    end
    if type(value) == "string" then
      return nil, suggest.unknown("value", value, words)
    end
    return nil, ("%s is none of: %s"):format(units.show(value), table.concat(words, ", "))
  end)
end

--- A list, of at least `min` elements.
---@param of understudy.SchemaType
---@param min? integer
---@return understudy.SchemaType
function M.list(of, min)
  return function(value, at)
    if type(value) ~= "table" or getmetatable(value) then
      at:fault("%s is not a list", units.show(value))
      return nil
    end
    local result = {}
    for key in pairs(value) do
      if not math.type(key) or key < 1 or key > #value then
        at:fault("a list has no name '%s'", tostring(key))
      end
    end
    for i, element in ipairs(value) do
      result[i] = of(element, at:child(i))
      background.turn(i)
    end
    if #value < (min or 0) then
      at:fault("at least %s must be here", units.count(min, "element"))
    end
    return result
  end
end

--- A list, or one element without the braces.
---@param of understudy.SchemaType
---@return understudy.SchemaType
function M.one_or_more(of)
  local list = M.list(of, 1)
  return function(value, at)
    if type(value) == "table" and not getmetatable(value) then
      return list(value, at)
    end
    return { of(value, at) }
  end
end

--- The names in a table, in order.
---@param fields table
---@return any[]
function M.names(fields)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return names
end

--- A table with named fields.
---@param fields table<string, {[1]: understudy.SchemaType, required?: boolean, default?: any}>
---@return understudy.SchemaType
function M.record(fields)
  local names = M.names(fields)
  return function(value, at)
    if type(value) ~= "table" or getmetatable(value) then
      at:fault("%s is not a table of options", units.show(value))
      return nil
    end
    local result = {}
    for _, name in ipairs(M.names(value)) do
      if math.type(name) then
        at:fault("a value without a name stands in the options")
      elseif not fields[name] then
        at:child(name):fault("%s", suggest.unknown("option", name, names))
      end
    end
    for _, name in ipairs(names) do
      local field = fields[name]
      if value[name] ~= nil then
        result[name] = field[1](value[name], at:child(name))
      elseif field.required then
        at:fault("the option '%s' is missing", name)
      else
        result[name] = field.default
      end
    end
    return result
  end
end

return M
