-- What a process reads of its zones when others, processes or people, have done something with them.
local simulation = require "spec.sync.simulation"

local NAME <const> = "example.com."

-- What the store is asked for of zones from now on, by the names of its operations.
local function recalls(world)
  local list, call = {}, world.store.call
  function world.store.call(operation, names, what, ...)
    if operation == "recall" then
      table.move(what, 1, #what, #list + 1, list)
    end
    return call(operation, names, what, ...)
  end
  return list
end

describe("what others did", function()
  it("is no ground to ask for what the process that has the zone found itself", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start(true)
    world:run(5)
    local asked = recalls(world)
    assert(world.store:freeze({ zone = NAME, reason = "stop", who = "ann", since = world.clock.now() },
      { zone = NAME, cause = "frozen by ann", at = world.clock.now() }))
    world:run(5)
    assert.equal("frozen", world:status().state)
    table.sort(asked)
    assert.same({ "acknowledgements", "freezes", "waivers" }, asked)
  end)
end)
