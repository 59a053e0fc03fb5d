--- checks: the part of a policy that says how grave rules are, and adds the operator's own.
--
-- checks = { set = "strict", adjust { … }, rule "acme.x" { … }, rules "acme.zone_rules" }

local check = require "understudy.check"
local core = require "understudy.core"
local policy_module = require "understudy.policy.module"
local preset_rule = require "understudy.preset.rule"
local schema = require "understudy.schema"
local sorted = require "understudy.sorted"
local suggest = require "understudy.suggest"
local units = require "understudy.units"

local M = {}

-- Below which zone it is meant is not known yet, so that it may be too long there.
local owner = schema.custom(function(value)
  local name, problem = core.name(type(value) == "string" and not value:find "%s" and value or "", ".")
  if not name then
    return nil, ("%s is not the name of an owner: %s"):format(units.show(value), problem)
  end
  return value
end)

local adjustment = schema.record {
  rule = { schema.text, required = true },
  severity = { schema.choice { "error", "warning", "info", "off" }, required = true },
  owner = { owner },
  under = { owner },
  matching = { owner },
  reason = { schema.text, required = true },
}

-- What secondaries refuse to load stays an error, whatever a policy says.
local function adjust(node, at)
  local made = adjustment(node.options, at)
  if not made then
    return nil
  elseif made.owner and (made.under or made.matching) or made.under and made.matching then
    at:fault("only one of owner, under and matching can be given")
  end
  local built_in = check.BUILT_IN[made.rule]
  if built_in and built_in.binding and made.severity and made.severity ~= "error" then
    at:child "severity":fault("%s stays an error: %s", made.rule, built_in.consequence)
  end
  return made
end

local option = schema.record {
  id = { schema.text, required = true },
  label = { schema.text, required = true },
  effect = { schema.text, required = true },
}

local body = schema.record {
  text = { schema.text, required = true },
  severity = { schema.choice { "error", "warning", "info" }, default = "warning" },
  check = { schema.custom(function(value)
    return type(value) == "function" and value or nil, ("%s is not a function of a zone"):format(units.show(value))
  end), required = true },
  consequence = { schema.text },
  authority = { schema.text },
  options = { schema.list(option) },
}

local function rule(id, options, at)
  local made = body(options, at)
  if type(id) ~= "string" or not id:match "^[%l%d_-]+%.[%l%d_.-]+$" then
    at:fault("%s is not an id for a rule, such as \"acme.mail\"", units.show(id))
  elseif check.BUILT_IN[id] then
    at:fault("%s is a built-in rule", id)
  end
  if made then
    made.id, made.rule, made.text = id, made.text, nil
  end
  return made
end

-- What a Lua module returns: a list of { id=, text=, check=, … }.
local function from_module(node, at, list)
  local found, problem = policy_module.load(node.name)
  if problem then
    at:fault("the rules %q can't be loaded: %s", node.name, problem)
    return
  elseif type(found) ~= "table" or #found == 0 then
    at:fault("the module %q returns no list of rules", node.name)
    return
  end
  for _, options in ipairs(found) do
    local rest, id = {}, nil
    for name, value in pairs(type(options) == "table" and options or {}) do
      if name == "id" then
        id = value
      else
        rest[name] = value
      end
    end
    list[#list + 1] = rule(id, rest, at)
  end
end

local READERS <const> = {
  adjust = function(node, at, part)
    table.insert(part.adjustments, adjust(node, at))
  end,
  rule = function(node, at, part)
    table.insert(part.rules, rule(node.name, node.options, at))
  end,
  rules = function(node, at, part)
    from_module(node, at, part.rules)
  end,
}

local named = schema.record { set = { schema.choice { "lenient", "default", "strict" } } }

--- Finds fault with rules that are not there, or there twice, in one part of a policy.
---@param part? table what shape made
---@param earlier? table the part of the whole policy, where `part` is a zone's
function M.verify(part, earlier)
  local known = {}
  for id in pairs(check.BUILT_IN) do
    known[id] = true
  end
  known[preset_rule.ID] = true
  for _, own in ipairs(earlier and earlier.rules or {}) do
    known[own.id] = true
  end
  for i, own in ipairs(part and part.rules or {}) do
    if known[own.id] and not check.BUILT_IN[own.id] then
      part.places.rules[i]:fault("the rule %s stands here twice", own.id)
    end
    known[own.id] = true
  end
  for i, made in ipairs(part and part.adjustments or {}) do
    if made.rule and not known[made.rule] then
      part.places.adjustments[i]:child "rule":fault("%s", suggest.unknown("rule", made.rule, sorted.keys(known)))
    end
  end
end

-- Reads one element of the list, and remembers where each rule and adjustment was written.
local function read_element(element, node_meta, at, part)
  local reader = getmetatable(element) == node_meta and READERS[element.kind]
  if not reader then
    at:fault("%s is no check: write adjust { … }, rule \"name\" { … } or rules \"module\"", units.show(element))
    return
  end
  local here = at:within(element)
  reader(element, here, part)
  for name, places in pairs(part.places) do
    for i = #places + 1, #part[name] do
      places[i] = here
    end
  end
end

--- The type of `checks`, given the metatable of what constructors make.
---@param node_meta table
---@return understudy.SchemaType
function M.shape(node_meta)
  return function(value, at)
    if type(value) ~= "table" or getmetatable(value) then
      at:fault("%s is not a table of checks", units.show(value))
      return nil
    end
    local options = {}
    for key, element in pairs(value) do
      if not math.type(key) then
        options[key] = element
      end
    end
    local part = { adjustments = {}, rules = {}, places = { adjustments = {}, rules = {} } }
    for i, element in ipairs(value) do
      read_element(element, node_meta, at:child(i), part)
    end
    part.set = (named(options, at) or {}).set
    return part
  end
end

--- The checks of a zone: those of the policy, then its own.
---@param of_policy? table
---@param of_zone? table
---@return understudy.Checks
function M.join(of_policy, of_zone)
  local joined = { set = check.DEFAULT.set, adjustments = {}, rules = {} }
  for _, part in ipairs { of_policy or {}, of_zone or {} } do
    joined.set = part.set or joined.set
    for _, name in ipairs { "adjustments", "rules" } do
      table.move(part[name] or {}, 1, #(part[name] or {}), #joined[name] + 1, joined[name])
    end
  end
  return joined
end

return M
