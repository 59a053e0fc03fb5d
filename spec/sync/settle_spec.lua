-- When a zone that a person asks for is dealt with: when it is known what came of this for each target, and no sooner.
local simulation = require "spec.sync.simulation"
local uerror = require "understudy.error"

local NAME <const> = "example.com."
local WITHIN <const> = 60

-- A world whose zones are published; `slow` is for how many seconds the target thinks about each answer.
local function started(settings)
  local world = simulation.new(settings)
  local target = world.targets[1]
  world.target, target.slow = target, 0
  for _, name in ipairs { "serial", "deliver" } do
    local method = target[name]
    target[name] = function(...)
      local answer, err = method(...)
      world.clock.sleep(target.slow)
      return answer, err
    end
  end
  for _, zone in ipairs(world.policy.zones) do
    world:edit(simulation.zone_text(10, "www A 192.0.2.1"), zone.name)
  end
  world:start()
  world:run(30)
  assert.equal("ok", world:status().state)
  return world
end

-- Asks for a zone; gives whether it was settled, how the target stood then, and after how many seconds.
local function ask(world, name)
  name = name or NAME
  local begun = world.clock.monotonic()
  local settled, state = world:await(function()
    local done = world.sync:settle(name, world.sync:ask(name), WITHIN)
    return done, world:status(name).targets[1].state
  end)
  return { settled, state, math.floor(world.clock.monotonic() - begun + 0.5) }
end

describe("a zone that was asked for", function()
  it("is settled when it is served, or when a target has failed", function()
    local world = started()
    world.source.text[NAME] = simulation.zone_text(11, "www A 192.0.2.2")
    assert.same({ true, "ok", 0 }, ask(world))
    assert.equal(11, world.target.serials[NAME])
    world.target.down = true
    world.source.text[NAME] = simulation.zone_text(12, "www A 192.0.2.3")
    assert.same({ true, "unreachable", 0 }, ask(world))
  end)

  it("is not by an attempt that failed, but was under way before", function()
    local world = started()
    world.target.slow, world.target.down = 3, true
    world:edit(simulation.zone_text(11, "www A 192.0.2.2"))
    world:run(1)
    world.target.down = false
    assert.same({ true, "ok" }, { table.unpack(ask(world), 1, 2) })
  end)

  it("is not before a target that served it was looked at", function()
    local world = started()
    world.target.slow, world.target.deaf, world.target.serials[NAME] = 3, true, 9
    assert.same({ true, "lagging" }, { table.unpack(ask(world), 1, 2) })
  end)

  it("is not while its account only has to wait a little, and is when that takes too long", function()
    local world = started { targets = { simulation.target "ns-b" } }
    local paid = world.sync.zones[NAME].deliveries[1].lane.account
    for seconds, result in pairs { [5] = { true, "ok", 5 }, [500] = { true, "ok", 0 } } do
      paid:learn(uerror.new { code = "refused", message = "too many", rate = { remaining = 0, reset = seconds } })
      assert.same(result, ask(world))
      world:run(500)
    end
  end)

  it("is when another zone finds that the target still does not answer", function()
    local zones = {}
    for i = 1, 40 do
      zones[i] = ("z%d.example"):format(i)
    end
    zones[41] = "example.com"
    local world = started { zones = zones }
    world.target.down, world.target.slow = true, 3
    for _, zone in ipairs(world.policy.zones) do
      world:edit(simulation.zone_text(11, "www A 192.0.2.2"), zone.name)
    end
    world:run(2000)
    assert.is_table(world:status().targets[1].breaker)
    local result = ask(world)
    assert.same({ true, "unreachable" }, { table.unpack(result, 1, 2) })
    assert.is_true(result[3] >= 3 and result[3] <= 12, result[3])
  end)
end)
