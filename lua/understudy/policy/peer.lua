--- peer: what every source and every target can be told besides its own options: how it is retried, how many attempts
-- are made at once, which account pays for them, and, of a target, whether it is a canary and when its breaker opens.

local constructors = require "understudy.policy.constructors"
local retry = require "understudy.sync.retry"
local schema = require "understudy.schema"
local units = require "understudy.units"

local M = {}

local SECONDS <const> = { s = 1, m = 60, h = 3600, d = 86400 }

local backoff = schema.record {
  first = { schema.duration_from(0.01), default = 1 },
  factor = { schema.number { min = 1, max = 100 }, default = 2 },
  max = { schema.duration_from(0.01), default = 300 },
  jitter = { schema.fraction, default = 0.2 },
  give_up = { schema.duration },
}

local delays = schema.list(schema.duration_from(0.01), 1)
local schedule_options = schema.record {
  jitter = { schema.fraction, default = 0.2 },
  give_up = { schema.duration },
}

-- A list of delays, with options by their names in the same table.
local function schedule(value, at)
  local list, named = {}, {}
  for name, element in pairs(value) do
    (math.type(name) and list or named)[name] = element
  end
  local rule = schedule_options(named, at) or {}
  rule.delays = delays(list, at)
  return rule
end

--- The type of `retry`: backoff { … }, schedule { … } or a function.
---@type understudy.SchemaType
function M.retry(value, at)
  if type(value) == "function" then
    return retry.custom(value)
  end
  local is_schedule = getmetatable(value) == constructors.Node and value.kind == "schedule"
  local kind = is_schedule and "schedule" or "backoff"
  local check = is_schedule and schedule or backoff
  local rule = constructors.node(kind, "backoff { first = \"1s\", … }, schedule { \"1s\", … } or a function",
    function(made, inner)
      local before = #inner.faults
      local options = check(made.options, inner)
      return #inner.faults == before and options or nil
    end)(value, at)
  return rule and retry[kind](rule)
end

-- Requests a second: a number, or "10/s", "100/m", "2400/h", "5000/d".
local rate = schema.custom(function(value)
  local number = type(value) == "number" and value or nil
  if type(value) == "string" then
    local count, unit = value:match "^(%d+%.?%d*)/([smhd])$"
    number = count and tonumber(count) / SECONDS[unit]
  end
  if not number or not (number > 0 and number < 1e6) then
    return nil, ("%s is not a rate such as \"10/s\" or \"2400/h\""):format(units.show(value))
  end
  return number
end)

local account_options = schema.record {
  rate = { rate },
  burst = { schema.number { min = 1, max = 1000000, integer = true } },
  daily = { schema.number { min = 1, max = 1000000000, integer = true } },
}

-- The type of `account`. Each name is one account.
local function account()
  local nodes, made = {}, {}
  return constructors.node("account", "account \"name\" { daily = 5000 }", function(value, at)
    local name = value.name
    if nodes[name] and nodes[name] ~= value then
      at:fault("two accounts are named %q: write it once, as a local, and name that", name)
      return nil
    elseif not nodes[name] then
      nodes[name], made[name] = value, account_options(value.options, at)
      local options = made[name]
      if options then
        options.name, options.burst = name, options.burst or math.max(1, math.ceil(options.rate or 1))
      end
    end
    return made[name]
  end)
end

local at_once = schema.number { min = 1, max = 1000, integer = true }

--- A function that takes these options out of the options of sources and targets of one policy, and checks them.
---@return fun(node: table, at: table): table own, table? common
function M.reader()
  local paid = account()
  local fields = {
    source = { retry = { M.retry }, at_once = { at_once }, account = { paid } },
    target = {
      retry = { M.retry }, at_once = { at_once }, account = { paid }, canary = { schema.flag },
      breaker = { schema.number { min = 1, max = 1000000, integer = true } },
    },
  }
  local records = { source = schema.record(fields.source), target = schema.record(fields.target) }
  return function(node, at)
    local own, common = {}, {}
    for name, value in pairs(node.options) do
      (fields[node.kind][name] and common or own)[name] = value
    end
    return own, records[node.kind](common, at)
  end
end

return M
