--- report: prints what was measured, and keeps the targets to list them at the end.

local samples = require "spec.bench.samples"

local M = {}

local MEGA <const> = 1e6

---@class bench.Target
---@field name string
---@field unit string
---@field asked number what has to be reached
---@field aim number what is wanted
---@field value number what was measured
---@field larger boolean whether more is better

---@type bench.Target[]
local targets = {}

---@param text string
function M.heading(text)
  print("\n" .. text)
end

---@param ... any of string.format
function M.line(...)
  print("  " .. string.format(...))
end

local function verdict(target)
  local function reaches(limit)
    if target.larger then
      return target.value >= limit
    end
    return target.value <= limit
  end
  if not target.value then
    return "not measured"
  elseif reaches(target.aim) then
    return "met, and the aim"
  end
  return reaches(target.asked) and "met" or "MISSED"
end

--- Says whether a target is reached, and remembers it; nil as value is one that could not be measured.
---@param name string
---@param unit string
---@param asked number
---@param aim number
---@param value number?
function M.target(name, unit, asked, aim, value)
  local target = {
    name = name, unit = unit, asked = asked, aim = aim, value = value, larger = aim > asked,
  }
  targets[#targets + 1] = target
  M.line("%s: %s %s; asked %s %g, aim %g: %s", name, value and ("%.1f"):format(value) or "-", unit,
    target.larger and "at least" or "at most", asked, aim, verdict(target))
end

local function spread(list)
  return ("%.2f–%.2f"):format(math.min(table.unpack(list)), math.max(table.unpack(list)))
end

--- Prints commands beside one another; the first one is what the others are compared with.
---@param results bench.Result[]
---@param records integer
function M.processes(results, records)
  local ours = results[1]
  M.line("%-30s %7s %11s %7s %7s %9s %6s  %s", "", "wall s", "min–max", "CPU s", "peak MB",
    "octets/RR", "rounds", "times ours: wall, CPU")
  for i, result in ipairs(results) do
    local peak <const> = samples.median(result.peak)
    local times = i == 1 and "" or ("%6.1f %6.1f"):format(
      samples.ratio(result.wall, ours.wall), samples.ratio(result.cpu, ours.cpu))
    -- The dash of the spread is three octets and one column.
    M.line("%-30s %7.3f %13s %7.3f %7.0f %9.0f %6d  %s", result.name, samples.median(result.wall),
      spread(result.wall), samples.median(result.cpu), peak / MEGA, peak / records,
      #result.wall, times)
  end
end

--- Prints all targets that were remembered.
function M.targets()
  M.heading "Targets"
  M.line("%-66s %8s %8s %9s", "", "asked", "aim", "measured")
  for _, target in ipairs(targets) do
    local sign = target.larger and ">=" or "<="
    M.line("%-66s %s%6g %s%6g %9s %-15s %s", target.name, sign, target.asked, sign, target.aim,
      target.value and ("%.1f"):format(target.value) or "-", target.unit, verdict(target))
  end
end

return M
