-- Canaries get a publication first; the others when it was served rightly for the time that the policy says.
local simulation = require "spec.sync.simulation"

local NAME <const> = "example.com."
local SOAK <const> = 600

-- A target whose content can be looked at: it is `found`, by default the same.
local function inspected(name)
  local target = simulation.target(name)
  target.looks = 0
  function target:inspect()
    self.looks = self.looks + 1
    return { verdict = self.found or "same", differences = { self.found and "www A: serves 192.0.2.9, not 192.0.2.2" },
      count = 0 }
  end
  return target
end

-- A world in which all targets serve serial 10, with one canary and two others.
local function started(settings)
  settings = settings or {}
  settings.targets = { simulation.target "ns-b", inspected "ns-a", simulation.target "ns-c" }
  settings.targets[2].canary = true
  local world = simulation.new(settings)
  world.rest, world.canary = settings.targets[1], settings.targets[2]
  world:edit(simulation.zone_text(10, settings.records or "www A 192.0.2.1"))
  world:start(settings.shared)
  world:run(SOAK + 20)
  assert.same({ "ok", 10, 10, 10 }, { world:status().state, world.canary.serials[NAME], world.rest.serials[NAME],
    settings.targets[3].serials[NAME] })
  return world
end

local function edit(world, serial, seconds)
  world:edit(simulation.zone_text(serial, "www A 192.0.2." .. serial))
  world:run(seconds or 5)
end

local function serials(world)
  local list = {}
  for i, target in ipairs(world.targets) do
    list[i] = target.serials[NAME]
  end
  return list
end

describe("a publication", function()
  it("goes to the canaries, and to the others when it was served for the time of soak", function()
    local world = started()
    edit(world, 11)
    assert.same({ 10, 11, 10 }, serials(world))
    local status = world:status()
    assert.same({ "pending", 11 }, { status.state, status.serial })
    local why = "canaries get serial 11 first; the other targets keep serial 10 for 9m5%ds"
    assert.truthy(status.why:find(why), status.why)
    assert.equal(10, world.sync:released(NAME).serial)
    world:run(SOAK - 10)
    assert.same({ 10, 11, 10 }, serials(world))
    world:run(10)
    assert.same({ 11, 11, 11 }, serials(world))
    assert.equal("ok", world:status().state)
    assert.equal(11, world.sync:released(NAME).serial)
    assert.same({ 10, 11 }, world.rest.told)
  end)

  it("is not for others from the first on", function()
    local world = simulation.new { targets = { simulation.target "ns-b", inspected "ns-a" } }
    world.targets[2].canary = true
    world:edit(simulation.zone_text(10, "www A 192.0.2.1"))
    world:start()
    world:run(SOAK - 10)
    assert.is_nil(world.targets[1].serials[NAME])
    assert.is_nil(world.sync:released(NAME))
    assert.truthy(world:status().why:find("the other targets have nothing yet", 1, true))
    world:run(20)
    assert.equal(10, world.targets[1].serials[NAME])
  end)

  it("that follows another one has its own time, and the others never get the one before", function()
    local world = started()
    edit(world, 11, SOAK - 60)
    edit(world, 12)
    assert.same({ 10, 12, 10 }, serials(world))
    world:run(SOAK - 60)
    assert.same({ 10, 12, 10 }, serials(world))
    world:run(60)
    assert.same({ 12, 12, 12 }, serials(world))
    assert.same({ 10, 12 }, world.rest.told)
  end)

  it("goes to the others in twice the time although newer ones keep coming", function()
    local world = started()
    for serial = 11, 20 do
      edit(world, serial, SOAK / 2)
    end
    assert.same({ 10, 11, 15 }, world.rest.told)
    assert.truthy(world:status().why:find("the other targets keep serial 15 for", 1, true), world:status().why)
    assert.truthy(world:status().why:find("and get serial 19 in 1?%d+m%d*s? if no newer one"), world:status().why)
    assert.equal(15, world.sync:released(NAME).serial)
    world:run(SOAK)
    assert.same({ 20, 20, 20 }, serials(world))
  end)

  it("that canaries have left behind is not for others when one failed meanwhile", function()
    local world = started()
    edit(world, 11, SOAK / 2)
    world.canary.found = "differs"
    edit(world, 12, SOAK / 2)
    world.canary.found = nil
    for serial = 13, 15 do
      edit(world, serial, SOAK / 2)
    end
    assert.same({ 10 }, world.rest.told)
    world:run(2 * SOAK)
    assert.same({ 10, 15 }, world.rest.told)
  end)

  it("goes to all at once where all are canaries, or none", function()
    local world = simulation.new { targets = { inspected "ns-a", inspected "ns-b" } }
    world.targets[1].canary, world.targets[2].canary = true, true
    world:edit(simulation.zone_text(10, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    assert.same({ 10, 10 }, serials(world))
  end)

  it("needs no time where the policy wants none, but a canary that serves it", function()
    local world = started { policy = "soak = 0," }
    world.canary.down = true
    edit(world, 11, 100)
    assert.same({ 10, 10, 10 }, serials(world))
    world.canary.down = false
    world:run(120)
    assert.same({ 11, 11, 11 }, serials(world))
  end)

  it("takes the same way when it is a rollback, which freezes the zone", function()
    local world = started()
    edit(world, 11, SOAK + 20)
    assert.equal(12, world:await(function()
      return world.sync:rollback(NAME, { serial = 10, who = "ann" })
    end))
    world:run(5)
    assert.same({ 11, 12, 11 }, serials(world))
    assert.equal("frozen", world:status().state)
    world:run(SOAK + 20)
    assert.same({ 12, 12, 12 }, serials(world))
    assert(world.sync:thaw(NAME, "ann"))
    world:run(5)
    assert.same({ 12, 13, 12 }, serials(world))
  end)

  it("that only follows the addresses behind an ALIAS goes to all, but not over an edit that waits", function()
    local world = started { records = "@ ALIAS host.example.net.", policy = 'alias = { on_unresolved = "omit" },' }
    local function move(number)
      world.resolver.names["host.example.net. A"] = { ttl = 60, addresses = { "198.51.100." .. number } }
      world:run(400)
    end
    move(1)
    assert.same({ 11, 11, 11 }, serials(world))
    world:edit(simulation.zone_text(20, "@ ALIAS host.example.net.\nwww A 192.0.2.2"))
    world:run(5)
    move(2)
    assert.same({ 11, 21, 11 }, serials(world))
    world:run(SOAK)
    assert.same({ 21, 21, 21 }, serials(world))
    move(3)
    assert.same({ 22, 22, 22 }, serials(world))
  end)
end)

describe("a canary", function()
  for what, case in pairs {
    ["that does not answer"] = { function(canary, is)
      canary.down = is
    end, "ns-a: no answer" },
    ["that does not follow"] = { function(canary, is)
      canary.deaf = is
    end, "ns-a: serves serial 10, not 11" },
    ["that serves other content"] = { function(canary, is)
      canary.found = is and "differs" or nil
    end, "ns-a: differs: www A: serves 192.0.2.9, not 192.0.2.2" },
  } do
    it(what .. " holds the others back, says why, and lets them go on when it does well", function()
      local world = started()
      case[1](world.canary, true)
      edit(world, 11, 2 * SOAK)
      assert.equal(10, world.rest.serials[NAME])
      local status = world:status()
      assert.equal("held", status.state)
      assert.truthy(status.why:find(case[2] .. "; the other targets keep serial 10", 1, true), status.why)
      assert.truthy(status.remedy:find("understudy approve example.com. " .. status.plan, 1, true), status.remedy)
      case[1](world.canary, false)
      world:run(350)
      assert.equal(10, world.rest.serials[NAME])
      world:run(SOAK)
      assert.same({ 11, 11, 11 }, serials(world))
      assert.equal("ok", world:status().state)
    end)
  end

  it("that fails at the end of its time holds the others back", function()
    local world = started()
    edit(world, 11, SOAK - 20)
    world.canary.found = "differs"
    world:run(100)
    assert.same({ 10, 11, 10 }, serials(world))
    assert.equal("held", world:status().state)
  end)

  it("that failed for a while has its time begin anew", function()
    local world = started()
    edit(world, 11, 300)
    world.canary.down = true
    world:run(70)
    assert.equal("held", world:status().state)
    world.canary.down = false
    world:run(100)
    assert.equal("pending", world:status().state)
    world:run(400)
    assert.equal(10, world.rest.serials[NAME])
    world:run(300)
    assert.equal(11, world.rest.serials[NAME])
  end)

  it("that did well waits for the other canaries, and has to do well until then", function()
    local world = started()
    local third = world.targets[3]
    third.canary = true
    third.down = true
    edit(world, 11, SOAK + 100)
    assert.same({ 10, 11, 10 }, serials(world))
    third.down = false
    world:run(450)
    world.canary.down = true
    world:run(SOAK)
    assert.same({ 10, 11, 11 }, serials(world))
    world.canary.down = false
    world:run(450)
    assert.equal(10, world.rest.serials[NAME])
    world:run(450)
    assert.equal(11, world.rest.serials[NAME])
  end)

  it("is waited for by each zone alone", function()
    local world = started { zones = { "example.com", "example.net" } }
    world:edit(simulation.zone_text(10, "www A 192.0.2.1"), "example.net.")
    local inspect = world.canary.inspect
    function world.canary:inspect(zone)
      self.found = zone.origin == NAME and "differs" or nil
      return inspect(self)
    end
    edit(world, 11, SOAK + 300)
    assert.equal("held", world:status().state)
    assert.equal(10, world.rest.serials["example.net."])
  end)

  it("can be overruled by a person, for that step and no other", function()
    local world = started()
    world.canary.down = true
    edit(world, 11, 60)
    local plan = world:status().plan
    assert.is_nil((world.sync:approve(NAME, "0123456789abcdef", "ann")))
    edit(world, 12, 60)
    assert.is_nil((world.sync:approve(NAME, plan, "ann")))
    assert(world.sync:approve(NAME, world:status().plan, "ann"))
    world:run(5)
    assert.same({ 12, 10, 12 }, serials(world))
    edit(world, 13, 60)
    assert.same({ 12, 10, 12 }, serials(world))
    assert.equal("held", world:status().state)
  end)

  it("is a matter of the store: a restart neither shortens nor lengthens its time", function()
    local world = started()
    edit(world, 11, SOAK / 2)
    for _ = 1, 3 do
      world:start()
      assert.equal(10, world.sync:released(NAME).serial)
      assert.truthy(world.sync:released(NAME).zone:lookup("www", "A")[1] == "192.0.2.1")
      world:run(60)
    end
    assert.same({ 10, 11, 10 }, serials(world))
    world:run(SOAK / 2 - 160)
    assert.same({ 11, 11, 11 }, serials(world))
    world:start()
    world:run(5)
    assert.equal("ok", world:status().state)
  end)

  it("has served as long for a process that takes the zone over", function()
    local world = started { shared = true }
    edit(world, 11, SOAK / 2)
    for _ = 1, 3 do
      world:start(true)
      world:run(60)
    end
    assert.same({ 10, 11, 10 }, serials(world))
    world:run(SOAK / 2 - 170)
    assert.same({ 11, 11, 11 }, serials(world))
  end)

  for what, shared in pairs { ["a restart"] = false, ["another process taking over"] = true } do
    it("has left a publication behind for as long, whatever " .. what .. " does to the process", function()
      local world = started { shared = shared }
      for serial = 11, 27, 2 do
        edit(world, serial, SOAK / 4)
        world:start(shared)
        edit(world, serial + 1, SOAK / 4)
      end
      assert.same({ 10, 11, 19 }, world.rest.told)
    end)

    it("that failed has left nothing behind after " .. what, function()
      local world = started { shared = shared }
      edit(world, 11, SOAK / 2)
      world.canary.found = "differs"
      edit(world, 12, 60)
      world.canary.found = nil
      world:start(shared)
      for serial = 13, 15 do
        edit(world, serial, SOAK / 2)
      end
      assert.same({ 10 }, world.rest.told)
    end)
  end

  it("is looked at after a restart before the others get what it has left behind", function()
    local world = started()
    edit(world, 11)
    edit(world, 12)
    world.tasks:kill(world.starts)
    world:run(2 * SOAK)
    world.canary.found = "differs"
    world:start()
    edit(world, 13, 60)
    assert.same({ 10 }, world.rest.told)
  end)

  it("whose time is over while nothing runs lets the others go on with the next run", function()
    local world = started()
    edit(world, 11)
    world.tasks:kill(world.starts)
    world:run(SOAK)
    local serial = world.canary.serial
    function world.canary:serial(name)
      world.clock.sleep(1)
      return serial(self, name)
    end
    world:start()
    local settled = world:await(function()
      return world.sync:settle(NAME, world.sync:mark(NAME, "asked for"), 60)
    end)
    assert.is_true(settled)
    assert.same({ 11, 11, 11 }, serials(world))
  end)

  it("that the policy gets later disturbs nothing, and one that it loses holds nothing", function()
    local world = started()
    edit(world, 11, 60)
    world.canary.canary = nil
    world:start()
    world:run(5)
    assert.same({ 11, 11, 11 }, serials(world))
    edit(world, 12)
    world.targets[3].canary = true
    world:start()
    world:run(5)
    assert.same({ "ok", 12 }, { world:status().state, world.sync:released(NAME).serial })
    edit(world, 13)
    assert.same({ 12, 12, 13 }, serials(world))
  end)
end)
