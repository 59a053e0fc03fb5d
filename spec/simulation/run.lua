--- run: runs histories from a seed on: lua5.4 spec/simulation/run.lua FIRST COUNT. One seed prints its log.
local schedule = require "spec.simulation.schedule"

local first, count = math.tointeger(arg[1] or 1), math.tointeger(arg[2] or 1)
local failures, began = 0, os.clock()
for seed = first, first + count - 1 do
  local ok, problem = xpcall(schedule.run, function(err)
    return type(err) == "table" and tostring(err) or debug.traceback(tostring(err), 2)
  end, seed)
  if not ok then
    failures = failures + 1
    print(("seed %d: %s"):format(seed, problem))
  end
  if count == 1 and ok then
    print(table.concat(problem.lines, "\n"))
  end
end
print(("%d histories, %d failed, %.1f s"):format(count, failures, os.clock() - began))
os.exit(failures == 0 and 0 or 1)
