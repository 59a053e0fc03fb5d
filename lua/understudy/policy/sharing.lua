--- sharing: what a policy says of each zone. There are many zones and few sources, lists of targets and checks, so what
--- zones have in common stands once, behind their metatable.

local M = {}

local COMMON <const> = { "source", "targets", "checks", "zonemd" }
local NONE <const> = {}

-- What stands for these values, one for all zones that have them: a metatable to read them from.
local function kind_of(kinds, values)
  local kind = kinds
  for _, name in ipairs(COMMON) do
    local value = values[name] == nil and NONE or values[name]
    kind[value] = kind[value] or {}
    kind = kind[value]
  end
  kind.__index = kind.__index or values
  return kind
end

-- Whether a zone reads these values where others read them.
local function has(zone, values)
  local before = (getmetatable(zone) or NONE).__index
  for _, name in ipairs(COMMON) do
    if not before or before[name] ~= values[name] then
      return false
    end
  end
  return true
end

--- Makes a function that gives a zone a source and targets, and has it share all that it has in common with others that
--- it is called with. A catalog that we make shares nothing, as it is copied.
---@return fun(zone: table, source: table, targets: table): table
function M.new()
  local kinds = {}
  return function(zone, source, targets)
    if source.assign then
      zone.source, zone.targets = source, targets
      return zone
    end
    local values = { source = source, targets = targets, checks = zone.checks, zonemd = zone.zonemd }
    if has(zone, values) then
      return zone
    end
    local made = {}
    for name, value in pairs(zone) do
      made[name] = values[name] == nil and value or nil
    end
    return setmetatable(made, kind_of(kinds, values))
  end
end

return M
