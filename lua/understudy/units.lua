--- units: durations, percentages and times as people write and read them.

local M = {}

local SECONDS <const> = { s = 1, m = 60, h = 3600, d = 86400, w = 604800 }
local DOWNWARDS <const> = { { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } }
local DURATION_MAX <const> = 10 * 365 * 86400

--- Reads "5m", "1h30m", "0.5s" or a number of seconds.
---@param value string|number
---@return number? seconds
---@return string? problem
function M.duration(value)
  local total = type(value) == "number" and value or nil
  if type(value) == "string" then
    total = tonumber(value:match "^%d+%.?%d*$")
    if not total then
      local used = 0
      for number, unit in value:gmatch "(%d+%.?%d*)([smhdw])" do
        total = (total or 0) + tonumber(number) * SECONDS[unit]
        used = used + #number + #unit
      end
      if used ~= #value then
        total = nil
      end
    end
  end
  if not total or total ~= total then
    return nil, ("%s is not a duration such as \"5m\" or \"1h30m\""):format(M.show(value))
  end
  if total < 0 or total > DURATION_MAX then
    return nil, ("%s is not between 0 and 10 years"):format(M.show(value))
  end
  return total
end

--- Writes seconds as "45s", "2m30s", "3h", "5d4h": two units at most.
---@param seconds number
---@return string
function M.span(seconds)
  if seconds < 0 then
    return "-" .. M.span(-seconds)
  end
  if seconds < 1 then
    return seconds < 0.0005 and "0s" or ("%dms"):format(math.floor(seconds * 1000 + 0.5))
  end
  local rest, parts = math.floor(seconds + 0.5), {}
  for _, unit in ipairs(DOWNWARDS) do
    local count = rest // unit[2]
    rest = rest % unit[2]
    if count > 0 then
      parts[#parts + 1] = ("%d%s"):format(count, unit[1])
    end
    if #parts == 2 or #parts == 1 and count == 0 then
      break
    end
  end
  return table.concat(parts)
end

--- Reads "20%" or 0.2 as a fraction from 0 to 1.
---@param value string|number
---@return number? fraction
---@return string? problem
function M.fraction(value)
  local fraction = type(value) == "number" and value or nil
  if type(value) == "string" then
    local percent = tonumber(value:match "^(%d+%.?%d*)%%$")
    fraction = percent and percent / 100
  end
  if not fraction or not (fraction >= 0 and fraction <= 1) then
    return nil, ("%s is not a share such as \"20%%\""):format(M.show(value))
  end
  return fraction
end

--- A wall-clock time in ISO 8601, UTC.
---@param time number seconds since the epoch
---@return string
function M.time(time)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(time)) --[[@as string]]
end

--- A number with its noun: "1 record", "3 records".
---@param count integer
---@param noun string
---@param plural? string
---@return string
function M.count(count, noun, plural)
  return ("%d %s"):format(count, count == 1 and noun or plural or noun .. "s")
end

--- A value as it could stand in a policy: strings in quotes, tables and functions by their kind.
---@param value any
---@return string
function M.show(value)
  local kind = type(value)
  if kind == "string" then
    return #value > 60 and ("%q…"):format(value:sub(1, 60)) or ("%q"):format(value)
  elseif kind == "table" or kind == "function" or kind == "userdata" or kind == "thread" then
    return "a " .. kind
  end
  return tostring(value)
end

return M
