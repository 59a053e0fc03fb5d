--- run: runs histories from a seed on, in so many processes: lua5.4 spec/simulation/run.lua FIRST COUNT [PROCESSES].
-- The last line counts them. One seed alone prints its log.
local schedule = require "spec.simulation.schedule"

local RESULT <const> = "^(%d+) passed, (%d+) failed$"

local function trace(err)
  return type(err) == "table" and tostring(err) or debug.traceback(tostring(err), 2)
end

-- Runs histories here; returns how many failed.
local function run(first, count)
  local failures = 0
  for seed = first, first + count - 1 do
    local lines = {}
    local ok, why = xpcall(schedule.run, trace, seed, lines)
    if count == 1 then
      io.write(table.concat(lines))
    end
    if not ok then
      failures = failures + 1
      print(("seed %d: %s"):format(seed, why))
    end
  end
  return failures
end

-- Starts another process for some of the histories.
local function start(first, count)
  return assert(io.popen(("%s %s %d %d"):format(arg[-1], arg[0], first, count)))
end

-- Reads what a process says; returns how many of its histories failed. All, if it did not come to its end.
local function finish(process, count)
  local failed = count
  for line in process:lines() do
    local _, number = line:match(RESULT)
    if number then
      failed = math.tointeger(tonumber(number))
    else
      print(line)
    end
  end
  process:close()
  return failed
end

local first, count, others = math.tointeger(arg[1] or 1), math.tointeger(arg[2] or 1), (math.tointeger(arg[3]) or 1) - 1
local part, processes = count // (others + 1), {}
for i = 1, others do
  processes[i] = start(first + count - i * part, part)
end
local failed = run(first, count - others * part)
for _, process in ipairs(processes) do
  failed = failed + finish(process, part)
end
print(("%d passed, %d failed"):format(count - failed, failed))
os.exit(failed == 0)
