-- What is held, by which rule, and what a person can do about it.
local simulation = require "spec.sync.simulation"

local NAME <const> = "example.com."

local function started(settings, records)
  local world = simulation.new(settings)
  for name, value in pairs(settings and settings.source or {}) do
    world.source[name] = value
  end
  world:edit(simulation.zone_text(10, records or "www A 192.0.2.1\nmail A 192.0.2.2\n@ MX 10 mail"))
  world:start(settings and settings.shared)
  world:run(5)
  assert.equal("ok", world:status().state)
  return world
end

local function edit(world, serial, records, seconds)
  world:edit(simulation.zone_text(serial, records))
  world:run(seconds or 5)
  return world:status()
end

describe("the guard", function()
  local function plan_of(world)
    local status = world:status()
    assert.equal("held", status.state)
    assert.equal(10, status.serial)
    assert.truthy(status.remedy:find("understudy approve example.com. " .. status.plan, 1, true), status.remedy)
    return status.plan
  end

  for what, case in pairs {
    ["a protected RRset that changes"] = { 'guard = { protect = "@ MX" },',
      "www A 192.0.2.1\nmail A 192.0.2.2\n@ MX 20 mail", "example.com. MX would change" },
    ["a protected name that vanishes"] = { 'guard = { protect = { "mail" } },',
      "www A 192.0.2.1\n@ MX 10 www", "mail.example.com. A would vanish" },
    ["a type that is protected everywhere"] = { 'guard = { protect = { "* MX" } },',
      "www A 192.0.2.1\nmail A 192.0.2.2", "example.com. MX would vanish" },
    ["that a small zone loses all that it had"] = { 'guard = { max_removed = "100%" },',
      "", "nothing but the SOA and the name servers would be left" },
    ["other name servers at the apex"] = { "",
      "www A 192.0.2.1\nmail A 192.0.2.2\n@ MX 10 mail\n@ NS ns3.example.net.", "name servers of the zone" },
  } do
    it("holds " .. what .. ", until that plan is approved", function()
      local world = started { policy = case[1] }
      local status = edit(world, 11, case[2])
      local plan = plan_of(world)
      assert.truthy(status.why:find(case[3], 1, true), status.why)
      assert.is_nil((world.sync:approve(NAME, "0123456789abcdef", "ann")))
      assert(world.sync:approve(NAME, plan, "ann"))
      world:run(5)
      assert.same({ "ok", 11, "ann" }, { world:status().state, world:status().serial, world:status().who })
    end)
  end

  it("lets the owner change what is not protected", function()
    local world = started { policy = 'guard = { protect = "@ MX", apex_ns = "allow" },' }
    assert.equal(11, edit(world, 11, "www A 192.0.2.9\n@ MX 10 mail\n@ NS ns3.example.net.").serial)
  end)

  it("counts in records too", function()
    local lines = {}
    for i = 1, 40 do
      lines[i] = ("h%d A 192.0.2.%d"):format(i, i)
    end
    local world = started({ policy = "guard = { max_removed_records = 3 }," }, table.concat(lines, "\n"))
    assert.equal(11, edit(world, 11, table.concat(lines, "\n", 4)).serial)
    local status = edit(world, 12, table.concat(lines, "\n", 8))
    assert.equal("held", status.state)
    assert.truthy(status.why:find("more than 3", 1, true), status.why)
  end)

  it("takes an approval for one plan only, which ends when the source or what is published changes", function()
    local world = started { policy = 'guard = { protect = "@ MX" },' }
    edit(world, 11, "www A 192.0.2.1\n@ MX 20 mail\nmail A 192.0.2.2")
    local plan = plan_of(world)
    edit(world, 12, "www A 192.0.2.1\n@ MX 30 mail\nmail A 192.0.2.2")
    local ok, err = world.sync:approve(NAME, plan, "ann")
    assert.is_nil(ok)
    assert.truthy(err.message:find(plan_of(world), 1, true))
    edit(world, 13, "www A 192.0.2.7\n@ MX 10 mail\nmail A 192.0.2.2")
    assert.equal(13, world:status().serial)
    edit(world, 14, "www A 192.0.2.1\n@ MX 20 mail\nmail A 192.0.2.2")
    assert.not_equal(plan, world:status().plan)
  end)

  it("holds what was approved no longer after a restart, and remembers what waits", function()
    local world = started { policy = 'guard = { protect = "@ MX" },' }
    edit(world, 11, "www A 192.0.2.1\n@ MX 20 mail\nmail A 192.0.2.2")
    local plan = plan_of(world)
    world:start()
    world:run(5)
    assert.equal(plan, plan_of(world))
    assert(world.sync:approve(NAME, plan, "ann"))
    world:start() -- the process died before it acted
    world:run(5)
    assert.equal(11, world:status().serial)
    assert.same({}, world.store:waivers { NAME })
  end)
end)

describe("a source that reads page by page", function()
  local PAGED <const> = { whole = false, replicated = true }

  it("is not believed that a name is gone until it stays so", function()
    local world = started { source = PAGED, policy = 'guard = { confirm = "10m" },' }
    local status = edit(world, 11, "www A 192.0.2.1\n@ MX 10 mail\nmail2 A 192.0.2.3")
    assert.equal("held", status.state)
    assert.truthy(status.why:find("mail.example.com. A vanished", 1, true), status.why)
    world:run(560)
    assert.equal(10, world:status().serial)
    world:run(60)
    assert.same({ "ok", 11 }, { world:status().state, world:status().serial })
  end)

  it("has its time begin again when the name comes back", function()
    local world = started { source = PAGED, policy = 'guard = { confirm = "10m" },' }
    local less, full = "www A 192.0.2.1", "www A 192.0.2.1\nmail A 192.0.2.2\n@ MX 10 mail"
    edit(world, 11, less, 590)
    assert.same({ "ok", 10 }, { edit(world, 12, full, 300).state, world:status().serial })
    edit(world, 13, less, 590)
    assert.equal("held", world:status().state)
    world:run(30)
    assert.equal(13, world:status().serial)
  end)

  it("is not believed that an older version is the newest until it stays so", function()
    local world = started { source = PAGED }
    local records = "www A 192.0.2.1\nmail A 192.0.2.2\n@ MX 10 mail\n"
    local status = edit(world, 9, records .. "old A 192.0.2.9")
    assert.equal("held", status.state)
    assert.truthy(status.why:find("went back", 1, true), status.why)
    status = edit(world, 12, records .. "new A 192.0.2.9")
    assert.same({ "ok", 12 }, { status.state, status.serial })
    edit(world, 11, records .. "old A 192.0.2.9", 290)
    assert.equal("held", world:status().state)
    world:run(60)
    assert.same({ "ok", 13 }, { world:status().state, world:status().serial })
  end)

  it("can be believed by a person at once", function()
    local world = started { source = PAGED }
    edit(world, 11, "www A 192.0.2.1")
    assert(world.sync:approve(NAME, world:status().plan, "ann"))
    world:run(5)
    assert.equal(11, world:status().serial)
  end)
end)

describe("a frozen zone", function()
  it("stays as it is, also after a restart, until it is thawed", function()
    local world = started()
    assert(world.sync:freeze(NAME, { reason = "migration", who = "ann" }))
    local status = edit(world, 11, "www A 192.0.2.7", 600)
    assert.same({ "frozen", 10 }, { status.state, status.serial })
    assert.equal("frozen by ann: migration", status.why)
    world:start()
    world:run(600)
    assert.same({ "frozen", 10 }, { world:status().state, world:status().serial })
    assert(world.sync:thaw(NAME, "ann"))
    world:run(5)
    assert.same({ "ok", 11 }, { world:status().state, world:status().serial })
    assert.is_nil((world.sync:thaw(NAME, "ann")))
  end)

  it("is thawed though the process that takes it up reads of it meanwhile", function()
    local world = started { shared = true }
    assert(world.sync:freeze(NAME, { reason = "holiday", who = "ann" }))
    world:run(1)
    local recall, reading = world.store.recall, nil
    world.store.recall = function(...)
      local found, err = recall(...)
      reading = (reading or 0) + 1
      world.clock.sleep(3)
      return found, err
    end
    world:spawn(function()
      world:start(true)
    end)
    world:run(4)
    assert.equal("frozen", world:status().state)
    world:run_until(function() -- the process before it is not known to be dead
      return reading == 2
    end)
    assert(world.sync:thaw(NAME, "ann"))
    world:run(20)
    assert.equal("ok", world:status().state)
  end)

  it("goes on by itself when its time is over", function()
    local world = started()
    assert(world.sync:freeze(NAME, { reason = "migration", who = "ann", seconds = 100 }))
    assert.equal("frozen", edit(world, 11, "www A 192.0.2.7", 90).state)
    world:run(15)
    assert.same({ "ok", 11 }, { world:status().state, world:status().serial })
    assert.same({}, world.store:freezes { NAME })
  end)

  it("waits quietly, though it was in doubt when it was frozen", function()
    local world = started { policy = 'guard = { confirm = "2m" },' }
    edit(world, 11, "", 5)
    assert.equal("held", world:status().state)
    assert(world.sync:freeze(NAME, { reason = "migration", who = "ann" }))
    world:run(600)
    assert.equal("frozen", world:status().state)
  end)

  it("is still brought to its targets", function()
    local world = started()
    assert(world.sync:freeze(NAME, { reason = "migration", who = "ann" }))
    world.targets[1].serials = {}
    world:run(400)
    assert.equal(10, world.targets[1].serials[NAME])
  end)
end)

describe("a rollback", function()
  it("publishes the old content under a new serial, and freezes the zone", function()
    local world = started()
    edit(world, 11, "www A 192.0.2.7")
    edit(world, 12, "www A 192.0.2.8")
    local serial, err = world:await(function()
      return world.sync:rollback(NAME, { serial = 10, who = "ann", reason = "bad deploy" })
    end)
    assert.equal(13, serial, err)
    world:run(600)
    local status = world:status()
    assert.same({ "frozen", 13, 13 }, { status.state, status.serial, world.targets[1].serials[NAME] })
    assert.equal("frozen by ann: bad deploy", status.why)
    assert.equal("rolled back to serial 10", status.cause)
    assert.truthy(world.sync:publication(NAME).zone:lookup("mail", "A"))
    world:start()
    assert.truthy(world.sync:publication(NAME).zone:lookup("mail", "A"))
    assert(world.sync:thaw(NAME, "ann"))
    world:run(5)
    assert.same({ "ok", 14 }, { world:status().state, world:status().serial })
    assert.truthy(tostring(world.sync:publication(NAME).zone:lookup("www", "A")):find("192.0.2.8", 1, true))
  end)

  it("to what is published already, or not kept, is refused", function()
    local world = started()
    for serial, code in pairs { [10] = "refused", [7] = "absent" } do
      local ok, err = world:await(function()
        return world.sync:rollback(NAME, { serial = serial, who = "ann" })
      end)
      assert.is_nil(ok)
      assert.equal(code, err.code)
    end
    assert.equal("ok", world:status().state)
  end)
end)

describe("an explanation", function()
  it("tells where a name comes from, and what changed it last", function()
    local world = simulation.new()
    world.resolver.names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.1" } }
    world:edit(simulation.zone_text(10, "@ ALIAS host.example.net.\nwww A 192.0.2.1\nold A 192.0.2.3"))
    world:start()
    world:run(5)
    edit(world, 11, "@ ALIAS host.example.net.\nwww A 192.0.2.2")
    world.resolver.names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.2" } }
    world:run(400)
    local explain = require "understudy.sync.explain"
    local function text(owner)
      return table.concat(explain.text(assert(world.sync:explain(NAME, owner)), world.clock.now()), "\n")
    end
    local apex = text "@"
    assert.truthy(apex:find("example.com. 300 A 198.51.100.2", 1, true), apex)
    assert.truthy(apex:find("made from ALIAS host.example.net.", 1, true), apex)
    assert.truthy(apex:find("host.example.net. is fresh: 198.51.100.2", 1, true), apex)
    assert.truthy(apex:find("last changed with serial 12", 1, true), apex)
    assert.truthy(apex:find("alias refresh", 1, true), apex)
    local www = text "www"
    assert.truthy(www:find("as the source has it", 1, true), www)
    assert.truthy(www:find("last changed with serial 11", 1, true), www)
    assert.truthy(text("old"):find("old.example.com. A is gone since serial 11", 1, true), text "old")
    edit(world, 12, "@ ALIAS host.example.net.\nwww CNAME a.\nwww A 192.0.2.5\nnew A 192.0.2.6")
    local new = text "new"
    assert.truthy(new:find("newest source zone is invalid", 1, true), new)
    assert.truthy(new:find("new.example.com. is not served", 1, true), new)
    assert.truthy(new:find("held back:\n    new.example.com. 3600 A 192.0.2.6", 1, true), new)
    assert.truthy(new:find("published: 1 added, 1 removed", 1, true), new)
    assert.truthy(text("www"):find("error cname.coexist: www.example.com. ", 1, true), text "www")
    assert.is_nil(new:find("cname.coexist: ", 1, true))
  end)
end)
