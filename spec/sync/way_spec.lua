local simulation = require "spec.sync.simulation"
local uerror = require "understudy.error"

local ALIAS <const> = "@ ALIAS host.example.net.\n"

local function addresses(...)
  return { ttl = 300, addresses = { ... } }
end

-- A world whose zone has an ALIAS, published and served.
local function with_alias(settings)
  local world = simulation.new(settings)
  world.resolver.names["host.example.net. A"] = addresses "198.51.100.1"
  world:edit(simulation.zone_text(10, ALIAS))
  world:start()
  world:run(5)
  return world
end

local function published(world, owner, type)
  local rrset = world.sync:publication("example.com.").zone:lookup(owner, type)
  return rrset and tostring(rrset)
end

describe("a zone on its way", function()
  it("is pulled, published with the source's serial and delivered", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(2024010101, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local status = world:status()
    assert.equal("ok", status.state)
    assert.equal(2024010101, status.serial)
    assert.equal(2024010101, world.targets[1].serials["example.com."])
    assert.same({ 2024010101 }, world.targets[1].told)
    assert.equal(1, #world:logged "published serial 2024010101: 4 records")
  end)

  it("keeps its serial while its content is the same", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world:edit(simulation.zone_text(7, "WWW 3600 IN A 192.0.2.1 ; the same"))
    world:run(1000)
    assert.equal(1, world:status().serial)
    assert.equal("ok", world:status().state)
    assert.same({ 1 }, world.targets[1].told)
  end)

  it("gets a newer serial with other content, though the source forgot to move its own", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(5, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world:edit(simulation.zone_text(5, "www A 192.0.2.2"))
    world:run(5)
    assert.equal(6, world:status().serial)
    world:edit(simulation.zone_text(100, "www A 192.0.2.3"))
    world:run(5)
    assert.equal(100, world:status().serial)
    assert.same({ 5, 6, 100 }, world.targets[1].told)
    assert.equal(1, #world:logged "published serial 6: 1 added, 1 removed (source changed)")
  end)

  it("is looked at again after the refresh period, without any event", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world.source.text["example.com."] = simulation.zone_text(2, "www A 192.0.2.2")
    world:run(400)
    assert.equal(2, world:status().serial)
  end)

  it("is pulled once for a burst of events, and again for one during the pull", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local pulls = world.source.pulls
    for serial = 2, 41 do
      world:edit(simulation.zone_text(serial, "www A 192.0.2." .. serial))
    end
    world:run(5)
    assert.equal(41, world:status().serial)
    assert.equal(pulls + 1, world.source.pulls)
    local pull = world.source.pull
    function world.source:pull(name)
      self.pull = pull
      local pulled = pull(self, name)
      world.clock.sleep(1)
      return pulled
    end
    world:edit(simulation.zone_text(42, "www A 192.0.2.42"))
    world:run(0.5)
    world:edit(simulation.zone_text(43, "www A 192.0.2.43"))
    world:run(5)
    assert.equal(43, world:status().serial)
  end)
end)

describe("a broken source", function()
  for what, case in pairs {
    ["that can't be read as a zone"] = { "www A 192.0.2.300", "rdata.syntax" },
    ["that breaks a rule"] = { "www A 192.0.2.1\nwww CNAME a.example.net.", "cname.coexist" },
    ["that flattening refuses"] = { "@ ALIAS nowhere.example.net.", "alias.unresolvable" },
  } do
    it(what .. " makes the zone invalid, and the last publication stays served", function()
      local world = simulation.new()
      world.resolver.names["nowhere.example.net. A"] = "failure"
      world.resolver.names["nowhere.example.net. AAAA"] = "failure"
      world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
      world:start()
      world:run(5)
      world:edit(simulation.zone_text(2, case[1]))
      world:run(1000)
      local status = world:status()
      assert.equal("invalid", status.state)
      assert.equal(1, status.serial)
      assert.truthy(published(world, "www", "A"))
      assert.equal(case[2], status.findings.list[1].id)
      assert.equal(1, #world:logged(case[2]))
      assert.equal(1, #world:logged "invalid, serial 1 stays served")
      world:edit(simulation.zone_text(3, "www A 192.0.2.3"))
      world:run(5)
      assert.equal("ok", world:status().state)
      assert.equal(3, world:status().serial)
    end)
  end

  it("that can't be reached is tried again with growing pauses, and said once", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world.source.failure = "connection refused"
    local pulls = world.source.pulls
    world.source.event "example.com."
    world:run(32)
    assert.equal("unreachable", world:status().state)
    assert.equal("source: connection refused", world:status().why)
    assert.equal(1, world:status().serial)
    assert.equal(pulls + 6, world.source.pulls) -- after 0, 1, 3, 7, 15 and 31 seconds
    assert.equal(1, #world:logged "the source can't be read")
    world.source.failure = nil
    world:run(60)
    assert.equal("ok", world:status().state)
  end)

  it("is tried again at least as often as it says itself", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world.source.failure = "connection refused"
    function world.source.retry_within()
      return 10
    end
    local pulls = world.source.pulls
    world.source.event "example.com."
    world:run(115)
    local count = world.source.pulls - pulls -- after 0, 1, 3, 7 and 15 seconds, and each 9 to 10 from then on
    assert.is_true(count >= 14 and count <= 17, count)
  end)

  it("does not stop the served zone from following its ALIAS", function()
    local world = with_alias()
    world:edit(simulation.zone_text(11, "www A 192.0.2.300"))
    world.resolver.names["host.example.net. A"] = addresses "198.51.100.9"
    world:run(700)
    assert.equal("invalid", world:status().state)
    assert.equal(11, world:status().serial)
    assert.truthy(published(world, "@", "A"):find("198.51.100.9", 1, true))
  end)
end)

describe("an ALIAS", function()
  it("becomes addresses, and follows them with a serial of its own", function()
    local world = with_alias()
    assert.truthy(published(world, "@", "A"):find("198.51.100.1", 1, true))
    assert.equal(10, world:status().serial)
    world.resolver.names["host.example.net. A"] = addresses("198.51.100.1", "198.51.100.2")
    world:run(700)
    assert.equal(11, world:status().serial)
    assert.equal(11, world.targets[1].serials["example.com."])
    assert.equal(1, #world:logged "published serial 11: 1 added, 0 removed (alias refresh)")
  end)

  it("is asked for again when its TTL is over, and no publication follows if it is the same", function()
    local world = with_alias()
    local function asked()
      return select(2, table.concat(world.resolver.asked, "\n"):gsub("host.example.net. A%f[^A]", ""))
    end
    assert.equal(1, asked())
    world:run(200)
    assert.equal(1, asked())
    world:run(700)
    assert.is_true(asked() >= 2 and asked() <= 4)
    assert.equal(10, world:status().serial)
    assert.same({ 10 }, world.targets[1].told)
  end)

  it("keeps its last good addresses when resolving fails, and says so", function()
    local world = with_alias()
    world.resolver.names["host.example.net. A"] = "failure"
    world:run(700)
    local status = world:status()
    assert.equal("stale-alias", status.state)
    assert.truthy(published(world, "@", "A"):find("198.51.100.1", 1, true))
    assert.equal("stale", status.aliases[1].state)
    assert.same({ "198.51.100.1" }, status.aliases[1].addresses)
    assert.same({ "example.com." }, status.aliases[1].owners)
    assert.equal(1, #world:logged "does not resolve, keeping 1 address: SERVFAIL")
    world.resolver.names["host.example.net. A"] = addresses "198.51.100.1"
    world:run(700)
    assert.equal("ok", world:status().state)
    assert.equal(10, world:status().serial)
  end)

  it("holds a first publication until it resolves", function()
    local world = simulation.new()
    world.resolver.names["host.example.net. A"] = "failure"
    world.resolver.names["host.example.net. AAAA"] = "failure"
    world:edit(simulation.zone_text(1, ALIAS))
    world:start()
    world:run(30)
    assert.is_nil(world.sync:publication "example.com.")
    assert.equal("invalid", world:status().state)
    world.resolver.names["host.example.net. A"] = addresses "198.51.100.1"
    world.resolver.names["host.example.net. AAAA"] = "nodata"
    world:run(400)
    assert.equal("ok", world:status().state)
    assert.equal(1, world:status().serial)
  end)

  it("is asked for once, whichever zones use its target, and all of them follow", function()
    local world = simulation.new { zones = { "example.com", "example.net" } }
    world.resolver.names["host.example.net. A"] = addresses "198.51.100.1"
    world.resolver.names["cdn.example.org. A"] = addresses "198.51.100.1"
    for _, name in ipairs { "example.com.", "example.net." } do
      world.source.text[name] = simulation.zone_text(1, "www ALIAS cdn.example.org.")
    end
    world:start()
    world:run(5)
    assert.equal(2, #world.resolver.asked) -- A and AAAA
    world.resolver.names["cdn.example.org. A"] = addresses "198.51.100.2"
    world:run(400)
    assert.equal(2, world:status("example.com.").serial)
    assert.equal(2, world:status("example.net.").serial)
  end)

  it("is forgotten when no zone uses it any more", function()
    local world = with_alias()
    world:edit(simulation.zone_text(11, "www A 192.0.2.1"))
    world:run(5)
    local asked = #world.resolver.asked
    world:run(3600)
    assert.equal(asked, #world.resolver.asked)
    assert.same({}, world.store:answers())
  end)
end)

describe("a refused zone with an ALIAS", function()
  it("has its targets asked for beside those of the zone that is served", function()
    local world = with_alias()
    world.resolver.names["new.example.net. A"] = "failure"
    world.resolver.names["new.example.net. AAAA"] = "failure"
    world:edit(simulation.zone_text(11, ALIAS .. "www ALIAS new.example.net."))
    world:run(30)
    assert.equal("invalid", world:status().state)
    world.resolver.names["host.example.net. A"] = addresses "198.51.100.5"
    world:run(400)
    assert.equal("invalid", world:status().state)
    assert.truthy(published(world, "@", "A"):find("198.51.100.5", 1, true))
    world.resolver.names["new.example.net. A"] = addresses "198.51.100.6"
    world.resolver.names["new.example.net. AAAA"] = "nodata"
    world:run(400)
    assert.equal("ok", world:status().state)
    assert.truthy(published(world, "www", "A"):find("198.51.100.6", 1, true))
  end)
end)

describe("a zone that is refused for want of an answer", function()
  it("is judged again when the answer came while its source could not be read", function()
    local world = with_alias()
    world.resolver.names["new.example.net. A"] = "failure"
    world.resolver.names["new.example.net. AAAA"] = "failure"
    world:edit(simulation.zone_text(11, ALIAS .. "www ALIAS new.example.net."))
    world:run(5)
    assert.equal("invalid", world:status().state)
    world.source.failure = "connection refused"
    world.resolver.names["new.example.net. A"] = addresses "198.51.100.6"
    world.resolver.names["new.example.net. AAAA"] = "nodata"
    world:run(400)
    assert.equal("invalid", world:status().state)
    world.source.failure = nil
    world:run(400)
    assert.same({ "ok", 11 }, { world:status().state, world:status().serial })
  end)

  it("is judged again when the answer came in the middle of a run in which the served one followed its own", function()
    local world = with_alias()
    world.resolver.names["new.example.net. A"] = "failure"
    world.resolver.names["new.example.net. AAAA"] = "failure"
    world.source.text["example.com."] = simulation.zone_text(11, ALIAS .. "www ALIAS new.example.net.")
    local refuse_pull = world.store.refuse_pull
    function world.store:refuse_pull(...)
      world.resolver.names["new.example.net. A"] = addresses "198.51.100.6"
      world.resolver.names["new.example.net. AAAA"] = "nodata"
      world.clock.sleep(400)
      return refuse_pull(self, ...)
    end
    world:start()
    world:run(100)
    assert.equal(10, world:status().serial)
    world:run(1000)
    assert.same({ "ok", 11 }, { world:status().state, world:status().serial })
  end)
end)

describe("the guard", function()
  local function many(count)
    local lines = {}
    for i = 1, count do
      lines[i] = ("h%d A 192.0.2.%d"):format(i, i)
    end
    return table.concat(lines, "\n")
  end

  local function shrunk(policy, from, to)
    local world = simulation.new { policy = policy }
    world:edit(simulation.zone_text(1, many(from)))
    world:start()
    world:run(5)
    world:edit(simulation.zone_text(2, to))
    world:run(5)
    return world
  end

  it("holds a zone that lost most of its records", function()
    local world = shrunk("", 40, many(15))
    assert.equal("held", world:status().state)
    assert.equal(1, world:status().serial)
    assert.truthy(world:status().why:find("25 of 43 records would vanish", 1, true))
    world:edit(simulation.zone_text(3, many(39)))
    world:run(5)
    assert.equal("ok", world:status().state)
    assert.equal(3, world:status().serial)
  end)

  it("lets through a smaller loss, a small zone, and what the policy allows", function()
    assert.equal(2, shrunk("", 40, many(30)):status().serial)
    assert.equal(2, shrunk("", 5, many(1)):status().serial)
    assert.equal(2, shrunk('guard = { max_removed = "100%" },', 40, many(1)):status().serial)
  end)

  it("does not take other TTLs or other addresses for a loss", function()
    local moved = many(40):gsub("192%.0%.2%.", "198.51.100."):gsub(" A ", " 60 A ")
    assert.equal(2, shrunk("", 40, moved):status().serial)
  end)
end)

describe("a target", function()
  it("that is down is tried again with growing pauses, and catches up", function()
    local world = simulation.new()
    local target = world.targets[1]
    target.down = true
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(32)
    local status = world:status()
    assert.equal("unreachable", status.state)
    assert.equal("unreachable", status.targets[1].state)
    assert.equal("no answer", status.targets[1].error)
    local pauses = {}
    for i = 2, #target.attempts_at do
      pauses[#pauses + 1] = math.floor(target.attempts_at[i] - target.attempts_at[i - 1] + 0.5)
    end
    assert.same({ 1, 2, 4, 8, 16 }, pauses)
    target.down = false
    world:run(33)
    assert.equal("ok", world:status().state)
    assert.equal(0, world:status().targets[1].attempts)
    assert.equal(1, target.serials["example.com."])
  end)

  it("that is down delays no other", function()
    local dead, live = simulation.target "dead", simulation.target "live"
    dead.down = true
    local world = simulation.new { targets = { dead, live } }
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(1)
    assert.equal(1, live.serials["example.com."])
    world:edit(simulation.zone_text(2, "www A 192.0.2.2"))
    world:run(1)
    assert.equal(2, live.serials["example.com."])
    dead.down = false
    world:run(2)
    assert.equal(2, dead.serials["example.com."])
    assert.same({ 2 }, dead.told)
  end)

  it("that hears and does not follow is lagging", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world.targets[1].deaf = true
    world:edit(simulation.zone_text(2, "www A 192.0.2.2"))
    world:run(60)
    local status = world:status()
    assert.equal("lagging", status.state)
    assert.equal("serves serial 1, not 2", status.targets[1].error)
    assert.equal(1, status.targets[1].serial)
    world.targets[1].deaf = false
    world:run(600)
    assert.equal("ok", world:status().state)
  end)

  it("that serves a serial which is newer than ours is not taken for one that follows", function()
    local world = simulation.new()
    world.targets[1].deaf = true
    world.targets[1].serials["example.com."] = 99
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(60)
    assert.equal("lagging", world:status().state)
    assert.truthy(world:status().why:find("newer than 1", 1, true))
  end)

  it("that lost the zone is noticed by the refresh and told again", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world.targets[1].serials = {}
    world:run(400)
    assert.equal("ok", world:status().state)
    assert.same({ 1, 1 }, world.targets[1].told)
  end)

  it("is left alone when the policy gives up, until the next refresh", function()
    local world = simulation.new { policy =
      'retry = function(attempt) if attempt < 3 then return 1 end return nil, "enough" end,' }
    world.targets[1].down = true
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(60)
    assert.equal(3, #world.targets[1].attempts_at)
    assert.equal(1, #world:logged "no more attempts: enough")
    world.targets[1].down = false
    world:run(400)
    assert.equal("ok", world:status().state)
  end)
end)

describe("after a restart", function()
  it("the last publication is served at once, before and without any pull", function()
    local world = with_alias()
    local asked, told = #world.resolver.asked, #world.targets[1].told
    world.source.failure = "gone"
    world:start()
    assert.equal(10, world.sync:publication("example.com.").serial)
    assert.same({ "198.51.100.1" }, world:status().aliases[1].addresses)
    assert.truthy(published(world, "@", "A"):find("198.51.100.1", 1, true))
    world:run(10)
    assert.equal(asked, #world.resolver.asked)
    assert.equal(told, #world.targets[1].told)
    assert.equal("unreachable", world:status().state)
  end)

  it("the served zone goes on following its ALIAS though its source is gone", function()
    local world = with_alias()
    world.source.failure = "gone"
    world:start()
    world:run(10)
    world.resolver.names["host.example.net. A"] = addresses "198.51.100.7"
    world:run(700)
    assert.equal(11, world:status().serial)
    assert.truthy(published(world, "@", "A"):find("198.51.100.7", 1, true))
  end)

  it("no serial is used again for another content", function()
    local world = with_alias()
    world.resolver.names["host.example.net. A"] = addresses "198.51.100.2"
    world:run(700)
    assert.equal(11, world:status().serial)
    world:start()
    world:edit(simulation.zone_text(10, "www A 192.0.2.1"))
    world:run(5)
    assert.equal(12, world:status().serial)
  end)

  it("a delivery that was not done is done", function()
    local world = simulation.new()
    world.targets[1].down = true
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world.targets[1].down = false
    world:start()
    world:run(5)
    assert.equal(1, world.targets[1].serials["example.com."])
    assert.equal("ok", world:status().state)
  end)

  it("a verdict still stands and is not said again", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    world:edit(simulation.zone_text(2, "www CNAME a.b.\nwww A 192.0.2.1"))
    world:run(5)
    local since = world:status().since
    world:start()
    assert.equal("invalid", world:status().state)
    world:run(5)
    assert.equal(since, world:status().since)
    assert.equal(1, #world:logged "cname.coexist")
  end)
end)

describe("the store", function()
  it("whose answer is lost has the publication served that it wrote down, whatever the source says then", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local publish = world.store.publish
    world.store.publish = function(...)
      assert(publish(...))
      world.source.text["example.com."] = simulation.zone_text(3, "www CNAME a.b.\nwww A 192.0.2.1")
      return uerror.fail_temporarily("io", "the connection was lost")
    end
    world:edit(simulation.zone_text(2, "www A 192.0.2.2"))
    world:run(60)
    assert.same({ "invalid", 2 }, { world:status().state, world:status().serial })
    assert.equal(2, world.targets[1].serials["example.com."])
  end)

  it("that fails keeps a publication from being seen, and it comes when the store works again", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local publish = world.store.publish
    world.store.publish = function()
      return uerror.fail_temporarily("io", "disk full")
    end
    world:edit(simulation.zone_text(2, "www A 192.0.2.2"))
    world:run(10)
    assert.equal(1, world.sync:publication("example.com.").serial)
    assert.equal(1, world.targets[1].serials["example.com."])
    world.store.publish = publish
    world:run(60)
    assert.equal(2, world.targets[1].serials["example.com."])
  end)
end)

describe("a zone that was asked for", function()
  it("settles when it is served, or when a target has failed once", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    local sync = world:start()
    local settled_at = {}
    local function ask()
      local ticket = sync:mark("example.com.", "asked for")
      world:spawn(function()
        assert.is_true(sync:settle("example.com.", ticket, 60))
        settled_at[#settled_at + 1] = world.tasks.now
      end)
    end
    ask()
    world:run(5)
    assert.is_true(settled_at[1] < 1)
    world.targets[1].down = true
    world:edit(simulation.zone_text(2, "www A 192.0.2.2"))
    ask()
    world:run(5)
    assert.is_not_nil(settled_at[2])
    assert.equal("unreachable", world:status().targets[1].state)
  end)
end)
