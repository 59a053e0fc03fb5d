-- Which zones a process has, and for how long it is taken to be alive.
local simulation = require "spec.sync.simulation"

local NAME <const> = "example.com."
local ALIVE_FOR <const>, TAKES <const> = 3, 20 -- seconds

-- A store that is asked for what it has of zones, and takes so long to tell.
local function slow(world)
  local call = world.store.call
  function world.store.call(operation, ...)
    if operation == "recall" then
      world.clock.sleep(TAKES)
    end
    return call(operation, ...)
  end
end

describe("a process", function()
  it("is not taken for dead while it takes up zones, however long that takes", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    local now = world.clock.now()
    assert(world.store:register { NAME })
    assert(world.store:join("another", ALIVE_FOR, now))
    assert(world.store:claim("another", { NAME }, now))
    world:start(true)
    slow(world)
    world:run(ALIVE_FOR + TAKES - 2)
    assert.same({ NAME }, world.store:owned(world.sync.lease.worker))
    assert.is_true(world.sync.lease:good())
    assert.is_true(world.store:heartbeat(world.sync.lease.worker, ALIVE_FOR, world.clock.now()) ~= false)
    world:run(10)
    assert.same({}, world:logged "silent for too long")
    assert.equal("ok", world:status().state)
  end)
end)
