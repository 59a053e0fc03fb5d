-- Reads of a source count against its account, as requests to a target do.
local simulation = require "spec.sync.simulation"
local uerror = require "understudy.error"

-- A world with so many zones, whose source has an account.
local function new_world(count, setting)
  local zones = {}
  for i = 1, count do
    zones[i] = ("z%d.example"):format(i)
  end
  local world = simulation.new { zones = zones }
  world.source.account = setting
  for _, zone in ipairs(world.policy.zones) do
    world:edit(simulation.zone_text(10, "www A 192.0.2.1"), zone.name)
  end
  world.source.pulls = 0
  return world
end

describe("the account of a source", function()
  it("lets it be read so many times a second", function()
    local world = new_world(30, { name = "acme", rate = 2, burst = 4 })
    world:start()
    world:run(1)
    assert.is_true(world.source.pulls >= 4 and world.source.pulls <= 6, world.source.pulls)
    world:run(14)
    assert.equal(30, world.source.pulls)
    for i = 1, 30 do
      assert.equal("ok", world:status(("z%d.example."):format(i)).state)
    end
  end)

  it("is the same as that of a target which names it", function()
    local acme = { name = "acme", daily = 5 }
    local world = new_world(2, acme)
    world.targets[1].account = acme
    world:start()
    world:run(30)
    assert.equal(2, world.source.pulls)
    assert.equal(4, world.sync.host.accounts.acme:status().used)
  end)

  it("has what is published served on when its day's budget is used up, says so, and goes on the next day", function()
    local world = new_world(1, { name = "acme", daily = 3 })
    world:run(84000)
    world:start()
    world:run(30)
    for serial = 11, 15 do
      world:edit(simulation.zone_text(serial, "www A 192.0.2." .. serial), "z1.example.")
      world:run(30)
    end
    assert.equal(3, world.source.pulls)
    local status = world:status "z1.example."
    assert.same({ "unreachable", 12 }, { status.state, status.serial })
    local why = "the daily budget of account acme (3) is used up; it refills at 2026-01-02T00:00:00Z"
    assert.equal("source: " .. why, status.why)
    assert.truthy(status.remedy:find("raise what the account of the source allows", 1, true), status.remedy)
    assert.equal(1, #world:logged(why))
    world:start()
    world:run(1000)
    assert.equal(3, world.source.pulls)
    world:run(2000)
    assert.equal(15, world:status("z1.example.").serial)
  end)

  it("makes all its zones wait when the source says that it is asked too much", function()
    local world = new_world(20, { name = "acme" })
    world:start()
    world:run(5)
    world.source.pulls = 0
    local pull = world.source.pull
    function world.source:pull()
      self.pulls = self.pulls + 1
      return nil, uerror.new { code = "refused", message = "429", rate = { remaining = 0, reset = 60 } }
    end
    world.source.event "z1.example."
    world:run(1)
    assert.equal(1, world.source.pulls)
    world.source.pull = pull
    for i = 2, 20 do
      world:edit(simulation.zone_text(11, "www A 192.0.2.2"), ("z%d.example."):format(i))
    end
    world:run(50)
    assert.equal(1, world.source.pulls)
    assert.truthy(world:status("z2.example.").why:find("source: the peer limits the rate: 429", 1, true))
    world:run(20)
    assert.equal(11, world:status("z20.example.").serial)
  end)

  it("pays for a read of single names too, and for that of the whole zone that follows it", function()
    local world = new_world(1, { name = "acme", daily = 100 })
    function world.source.pull_names()
      return nil, uerror.new { code = "network", message = "gone" }
    end
    world:start()
    world:run(5)
    world.source.event("z1.example.", { owner = "www" })
    world:run(5)
    assert.equal(3, world.sync.host.accounts.acme:status().used)
  end)
end)
