--- constructors: the words of a policy. Each makes a node that knows the line where it was written.
--
-- Nothing is checked here but the shape of the calls; understudy.policy.shape checks all nodes at once.

local environment = require "understudy.policy.environment"
local key = require "understudy.policy.key"
local path = require "understudy.path"
local schema = require "understudy.schema"
local suggest = require "understudy.suggest"
local units = require "understudy.units"

local M = {}

--- What a constructor made: kind, line and options, and the name if it has one.
M.Node = { __name = "understudy.policy.Node" }

-- The modules that a policy can name. Each returns {options=, new=}.
M.SOURCES = { file = "understudy.source.file", transfer = "understudy.source.transfer",
  catalog = "understudy.source.catalog", module = "understudy.source.module" }
M.TARGETS = { secondary = "understudy.target.secondary", update = "understudy.target.update" }

local KEY_OPTIONS <const> = schema.record { sha1 = { schema.flag } }

local refuse = environment.refuse

--- The type of a node of a kind, checked by `check(node, at)` at the line where it was written.
---@param kind string
---@param example string what to write
---@param check fun(node: table, at: table): any
---@return understudy.SchemaType
function M.node(kind, example, check)
  local one = (kind:find "^[aeiou]" and "an " or "a ") .. kind
  return function(value, at)
    if getmetatable(value) == M.Node and value.kind == kind then
      return check(value, at:within(value))
    elseif type(value) == "function" then
      at:fault("%s without its options: the { … } is missing", one)
    else
      at:fault("%s is not %s: write %s", units.show(value), one, example)
    end
  end
end

local function node(fields)
  return setmetatable(fields, M.Node)
end

-- kind { … }
local function unnamed(kind)
  return function(options)
    local line = environment.line()
    if type(options) ~= "table" then
      refuse(line, "%s needs a table: %s { … }", kind, kind)
    end
    return node { kind = kind, line = line, options = options }
  end
end

-- kind "name" { … }
local function named(kind, fields)
  return function(name)
    local line = environment.line()
    if type(name) ~= "string" then
      refuse(line, "%s needs a name first: %s \"name\" { … }", kind, kind)
    end
    return function(options)
      if type(options) ~= "table" then
        refuse(line, "%s %q needs a table: { … }", kind, name)
      end
      local made = node { kind = kind, line = line, name = name, options = options }
      for field, value in pairs(fields or {}) do
        made[field] = value
      end
      return made
    end
  end
end

-- kind { … }, or kind "text" for the option that a module names as its shorthand.
local function source(name)
  return function(options)
    local line = environment.line()
    local module = require(M.SOURCES[name])
    if type(options) == "string" then
      options = { [module.shorthand] = options }
    elseif type(options) ~= "table" then
      refuse(line, "source.%s needs a text or a table, got %s", name, units.show(options))
    end
    return node { kind = "source", line = line, module = module, options = options }
  end
end

local function target(name)
  return named("target." .. name, { kind = "target", module = require(M.TARGETS[name]) })
end

-- source.file, target.secondary: a table of the constructors that exist.
local function family(what, modules, make)
  local made, names = {}, {}
  for name in pairs(modules) do
    made[name] = make(name)
    names[#names + 1] = name
  end
  table.sort(names)
  return setmetatable({}, {
    __index = function(_, name)
      if made[name] == nil then
        refuse(environment.line(), "%s", suggest.unknown(what, name, names))
      end
      return made[name]
    end,
    __newindex = function()
      refuse(environment.line(), "'%s' can't be changed", what)
    end,
    __metatable = false,
  })
end

--- The constructors for a policy whose file stands in `folder`.
---@param folder string
---@return table<string, any> constructors
---@return {file: string, key: any}[] keys that are read, a list that grows
function M.new(folder)
  local keys = {}
  return {
    policy = unnamed "policy",
    backoff = unnamed "backoff",
    schedule = unnamed "schedule",
    account = named "account",
    zone = named "zone",
    adjust = unnamed "adjust",
    rule = named "rule",
    rules = function(module)
      local line = environment.line()
      if type(module) ~= "string" then
        refuse(line, "rules needs the name of a module: rules \"acme.zone_rules\"")
      end
      return node { kind = "rules", line = line, name = module }
    end,
    source = family("source", M.SOURCES, source),
    target = family("target", M.TARGETS, target),
    postgresql = function(words)
      if type(words) ~= "string" then
        refuse(environment.line(), "postgresql needs the words to connect by: postgresql \"host=… dbname=…\"")
      end
      return node { kind = "store", line = environment.line(), options = {}, words = words }
    end,
    key = function(name, allowed)
      if type(name) ~= "string" then
        refuse(environment.line(), "key needs the path of a file: key \"ns-b.key\"")
      end
      local options, faults = schema.check(KEY_OPTIONS, allowed or {})
      if faults[1] then
        refuse(environment.line(), "key: %s", faults[1].message)
      end
      local file = path.join(folder, name)
      local made, err = key.read(file, options)
      keys[#keys + 1] = made and { file = file, key = made }
      return made or schema.broken(err.message)
    end,
  }, keys
end

return M
