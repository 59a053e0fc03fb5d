-- Histories of the engine under faults. `make simulate` runs many more.
local sabotage = require "spec.simulation.sabotage"
local schedule = require "spec.simulation.schedule"

local HISTORIES <const> = tonumber(os.getenv "HISTORIES") or 300
local SEARCHED <const> = 800

describe("the engine", function()
  it("keeps its promises in every history", function()
    for seed = 1, HISTORIES do
      schedule.run(seed)
    end
  end)

  it("goes the same way for the same seed", function()
    for seed = 1, 4 do
      assert.same(schedule.run(seed).lines, schedule.run(seed).lines)
    end
  end)
end)

describe("the simulation", function()
  for what, fault in pairs(sabotage.faults) do
    it("finds that " .. what, function()
      local repair <close> = setmetatable({ fault[2]() }, { __close = function(undo)
        undo[1]()
      end })
      for seed = 1, SEARCHED do
        local ok, failure = pcall(schedule.run, seed)
        if not ok and type(failure) == "table" and failure.invariant == fault[1]
          and not (fault.at_once and failure.at_end) then
          assert.is_not_nil(repair)
          return
        end
      end
      error(("no history of %d broke the invariant '%s'"):format(SEARCHED, fault[1]))
    end)
  end
end)
