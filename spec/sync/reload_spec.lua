-- A running sync that follows another policy.
local simulation = require "spec.sync.simulation"

local function text(serial, records)
  return simulation.zone_text(serial, records or "www A 192.0.2.1")
end

local function started(settings)
  local world = simulation.new(settings)
  for _, name in ipairs(settings.zones) do
    world:edit(text(1), name .. ".")
  end
  world:start()
  world:run(5)
  return world
end

local function states(world)
  local found = {}
  for _, zone in ipairs(world.sync:status()) do
    found[#found + 1] = zone.name .. " " .. zone.state
  end
  return found
end

describe("a policy that is taken up while zones are on their way", function()
  it("brings new zones and leaves the others alone", function()
    local world = started { zones = { "a.example" } }
    local pulls = world.source.pulled["a.example."]
    world.source.text["b.example."] = text(7)
    local plan, ok = world:reload { zones = { "b.example", "a.example" } }
    assert.is_true(ok)
    assert.same({ "b.example." }, plan.zones.added)
    world:run(5)
    assert.same({ "b.example. ok", "a.example. ok" }, states(world))
    assert.equal(7, world.targets[1].serials["b.example."])
    assert.equal(pulls, world.source.pulled["a.example."])
    assert.same({ 1, 7 }, world.targets[1].told)
    assert.same({ "b.example.", "a.example." }, world.source.watched)
    world:edit(text(8, "www A 192.0.2.8"), "b.example.")
    world:run(5)
    assert.equal(8, world.targets[1].serials["b.example."])
  end)

  it("lets zones go, keeps what is stored of them, and takes them up again from there", function()
    local world = simulation.new { zones = { "a.example", "b.example" } }
    world.resolver.names["host.example.net. A"] = { ttl = 60, addresses = { "198.51.100.1" } }
    world:edit(text(1), "a.example.")
    world:edit(text(1, "@ ALIAS host.example.net."), "b.example.")
    world:start()
    world:run(5)
    world:reload { zones = { "a.example" } }
    assert.same({ "a.example. ok" }, states(world))
    assert.is_nil(world.sync:publication "b.example.")
    assert.is_false(world.sync:knows "b.example.")
    world:edit(text(2, "www A 192.0.2.2"), "b.example.") -- nobody listens
    local asked = #world.resolver.asked
    world:run(1000)
    assert.equal(asked, #world.resolver.asked)
    assert.same({}, world.store:owned(world.sync.lease.worker) and world.store:events("", 10))
    assert.same({ "a.example." }, world.store:owned(world.sync.lease.worker))
    assert.equal(1, #world.store:history "b.example.")
    -- What its targets resolved to is remembered, though they do not resolve now.
    world.resolver.names["host.example.net. A"] = "failure"
    world.source.failure = "gone"
    world:reload { zones = { "a.example", "b.example" } }
    assert.equal(1, world.sync:publication("b.example.").serial)
    world:run(30)
    assert.equal("198.51.100.1", world.sync:publication("b.example.").zone:lookup("@", "A")[1])
  end)

  it("goes over to another source at once", function()
    local world = started { zones = { "a.example", "b.example" } }
    local other = simulation.source()
    other.text["a.example."] = text(20, "www A 192.0.2.20")
    local before = world.source.pulled["b.example."]
    world:reload { zones = { "a.example", "b.example" }, sources = { ["a.example."] = other } }
    world:run(5)
    assert.equal(20, world:status("a.example.").serial)
    assert.equal(before, world.source.pulled["b.example."])
    assert.same({ "b.example." }, world.source.watched)
    assert.same({ "a.example." }, other.watched)
  end)

  it("delivers to new targets, no more to those that are gone, and does not tell the others again", function()
    local old, new = simulation.target "old", simulation.target "new"
    local world = simulation.new { zones = { "a.example" }, targets = { old, simulation.target "stays" } }
    old.down = true
    world:edit(text(1), "a.example.")
    world:start()
    world:run(5)
    local stays = world.targets[2]
    assert.same({ 1 }, stays.told)
    world:reload { zones = { "a.example" }, targets = { ["a.example."] = { stays, new } } }
    world:run(5)
    assert.same({ 1 }, new.told)
    assert.same({ 1 }, stays.told)
    local attempts = #old.attempts_at
    world:run(2000)
    assert.equal(attempts, #old.attempts_at)
    assert.same({ "a.example. ok" }, states(world))
  end)

  it("lets a delivery that is under way come to its end", function()
    local slow = simulation.target "slow"
    local world = simulation.new { zones = { "a.example" }, targets = { slow } }
    slow.deaf = true
    world:edit(text(1), "a.example.")
    world:start()
    world:run(1)
    assert.equal(1, #slow.told)
    world:reload { zones = { "a.example" }, policy = 'refresh = "1h",' }
    slow.serials["a.example."] = 1
    world:run(3)
    assert.equal(1, #slow.told)
    assert.equal("ok", world:status("a.example.").state)
  end)

  it("judges by what the policy says now", function()
    local world = started { zones = { "a.example" } }
    world:reload { zones = { "a.example" }, policy = 'guard = { protect = "www" },' }
    world:edit(text(2, "www A 192.0.2.2"), "a.example.")
    world:run(5)
    assert.equal("held", world:status("a.example.").state)
    local plan = world:reload { zones = { "a.example" } }
    assert.is_true(plan.judge)
    world:run(5)
    assert.equal("ok", world:status("a.example.").state)
    assert.equal(2, world:status("a.example.").serial)
  end)

  it("does not wait for a period that was longer", function()
    local world = simulation.new { zones = { "a.example" }, policy = 'refresh = "10d",' }
    world:edit(text(1), "a.example.")
    world:start()
    world:run(5)
    world.source.text["a.example."] = text(2, "www A 192.0.2.2")
    world:reload { zones = { "a.example" }, policy = 'refresh = "1m",' }
    world:run(70)
    assert.equal(2, world:status("a.example.").serial)
  end)

  it("is not taken up when the store can't be asked, and everything goes on as before", function()
    local world = started { zones = { "a.example" } }
    local register = world.store.register
    world.store.register = function()
      return require("understudy.error").fail_temporarily("io", "disk full")
    end
    local _, ok, err = world:reload { zones = { "b.example" }, policy = 'guard = { protect = "www" },' }
    assert.is_nil(ok)
    assert.equal("disk full", err.message)
    world.store.register = register
    assert.same({ "a.example. ok" }, states(world))
    world:edit(text(2, "www A 192.0.2.2"), "a.example.")
    world:run(5)
    assert.equal(2, world.targets[1].serials["a.example."])
  end)

  it("ends a wait for a zone that is gone", function()
    local world = started { zones = { "a.example", "b.example" } }
    local pulls = world.source.pull
    function world.source:pull(name)
      world.clock.sleep(60)
      return pulls(self, name)
    end
    local settled, done
    local ticket = world.sync:mark("b.example.", "asked for")
    world:spawn(function()
      settled, done = world.sync:settle("b.example.", ticket, 1000), world.clock.monotonic()
    end)
    world:run(1)
    world:reload { zones = { "a.example" } }
    world:run(1)
    assert.is_true(settled)
    assert.is_true(done < 20)
    world:run(300) -- the pull ends, and nothing comes of it
    assert.equal(1, #world.store:history "b.example.")
    assert.same({}, world:logged "internal")
  end)
end)
