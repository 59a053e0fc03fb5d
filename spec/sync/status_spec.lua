-- Each state of a zone: which it is, since when, why, and what to do.
local simulation = require "spec.sync.simulation"
local uerror = require "understudy.error"

local NAME <const> = "example.com."
local RECORDS <const> = "www A 192.0.2.1\nmail A 192.0.2.2\n@ ALIAS host.example.net."
local START <const> = 1000 -- seconds after which something happens

local function text(serial, records)
  return simulation.zone_text(serial, records or RECORDS)
end

-- A world in which all is well until START.
local function started(settings)
  local world = simulation.new(settings)
  world.resolver.names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.1" } }
  world:edit(text(1))
  world:start()
  world:run(START)
  assert.equal("ok", world:status().state)
  return world
end

-- What is to be seen after what happened: {state, seconds from then until it became so, why, what to do}.
local CASES <const> = {
  ["a source that can't be read"] = { function(world)
    world.source.failure = "connection refused"
    world.source.event(NAME)
  end, "unreachable", 0, "source: connection refused", "make the source readable" },
  ["a secondary that does not answer"] = { function(world)
    world.targets[1].down = true
    world:edit(text(2, RECORDS .. "\nftp A 192.0.2.3"))
  end, "unreachable", 0, "ns%-b: no answer", "see why the secondary does not answer" },
  ["a secondary that does not take what it is told of"] = { function(world)
    world.targets[1].deaf = true
    world:edit(text(2, RECORDS .. "\nftp A 192.0.2.3"))
  end, "lagging", 4, "ns%-b: serves serial 1, not 2", "see the secondary's log" },
  ["a target of an ALIAS that does not resolve"] = { function(world)
    world.resolver.names["host.example.net. A"] = "failure"
  end, "stale-alias", -300, "host%.example%.net%. A is stale: SERVFAIL", "see why the target does not resolve" },
  ["an error in the source"] = { function(world)
    world:edit(text(2, "www A 192.0.2.1\nwww CNAME a.example.net."))
  end, "invalid", 0, "www%.example%.com%.", "mend what is found in the source" },
  ["a step that the guard holds"] = { function(world)
    world:edit(text(2, "www A 192.0.2.9\nmail A 192.0.2.2\n@ ALIAS host.example.net."))
  end, "held", 0, "www%.example%.com%. A would change", "look with 'understudy plan example.com.', then: "
    .. "understudy approve example.com. %x+" },
  ["a person who holds it"] = { function(world)
    assert(world.sync:freeze(NAME, { reason = "migration", who = "ann", seconds = 7200 }))
  end, "frozen", 0, "frozen by ann: migration", "understudy thaw example.com.; it ends by itself at 2026%-01%-01T0" },
  ["a secondary that serves other content"] = { function(world)
    world.targets[1].inspect = function()
      return { verdict = "differs", differences = { "www.example.com. A" }, count = 1 }
    end
    world:run(4000)
  end, "differs", 1800, "ns%-b differs: www.example.com. A", "understudy verify example.com." },
}

describe("the status of a zone", function()
  it("is ok when all is well, since it was published", function()
    local world = started()
    local status = world:status()
    assert.same({ "ok", world.clock.now() - START }, { status.state, status.since })
    assert.is_nil(status.why)
    assert.is_nil(status.remedy)
  end)

  for what, case in pairs(CASES) do
    local happens, state, later, why, remedy = table.unpack(case)
    it(("tells of %s: %s, since when, why and what to do"):format(what, state), function()
      local world = started { policy = 'guard = { protect = "www" }, refresh = "1h", verify = "30m",' }
      local before = world.clock.now()
      happens(world)
      world:run(600)
      local status = world:status()
      assert.equal(state, status.state)
      assert.is_true(math.abs(status.since - before - later) <= math.max(10, math.abs(later)), status.since - before)
      assert.truthy(status.why:find(why), status.why)
      assert.truthy(status.remedy and status.remedy:find(remedy), status.remedy)
      world:run(3000)
      assert.same({ state, status.since }, { world:status().state, world:status().since })
    end)
  end

  it("is pending until there is something to tell", function()
    local world = simulation.new()
    world:edit(text(1, "www A 192.0.2.1"))
    local pull = world.source.pull
    function world.source:pull(name)
      world.clock.sleep(100)
      return pull(self, name)
    end
    world:start()
    world:run(10)
    assert.same({ "pending", "nothing is published yet", "wait: the first read of the source is under way" },
      { world:status().state, world:status().why, world:status().remedy })
    world:run(200)
    assert.equal("ok", world:status().state)
  end)

  it("tells how long a target serves the zone that fails, unless it never served it", function()
    local world = simulation.new()
    world:edit(text(1, "www A 192.0.2.1"))
    world.targets[1].down = true
    world:start()
    world:run(60)
    local target = world:status().targets[1]
    assert.same({ "unreachable" }, { target.state, target.serial, target.expires_at })
    world.targets[1].down = false
    world:run(600)
    world.targets[1].down = true
    world:edit(text(2, "www A 192.0.2.2"))
    world:run(60)
    target = world:status().targets[1]
    assert.same({ "unreachable", 1, target.since + 1209600 }, { target.state, target.serial, target.expires_at })
  end)

  it("tells of a store that can't be written", function()
    local world = started()
    local heartbeat, before = world.store.heartbeat, world.clock.now()
    world.store.heartbeat = function()
      return uerror.fail_temporarily("io", "disk full")
    end
    world:run(60)
    local status = world:status()
    assert.same({ "unreachable", "store: disk full" }, { status.state, status.why })
    assert.is_true(status.since - before < 10)
    assert.truthy(status.remedy:find("state can be written", 1, true))
    world.store.heartbeat = heartbeat
    world:run(60)
    assert.equal("ok", world:status().state)
  end)
end)

describe("findings", function()
  local WARN <const> = 'checks = { adjust { rule = "mx.cname", severity = "warning", reason = "-" } },'
  local OFF <const> = 'checks = { adjust { rule = "mx.cname", severity = "off", reason = "-" } },'

  local function place(world)
    for _, finding in ipairs(world:status().findings.list) do
      if finding.id == "mx.cname" then
        return { finding.records[1].type, finding.records[1].file, finding.records[1].line }
      end
    end
  end

  it("say where their records stand in the source, after a restart and new answers too", function()
    local world = started { policy = WARN }
    world:edit(text(2, RECORDS .. "\na CNAME mail\n@ MX 5 a"))
    world:run(5)
    assert.same({ "MX", "source", 9 }, place(world))
    world:start()
    world:run(5)
    world.sync:ask(NAME)
    world:run(5)
    assert.same({ "MX", "source", 9 }, place(world))
    world.resolver.names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.2" } }
    world:run(1000)
    assert.equal(3, world:status().serial)
    assert.same({ "MX", "source", 9 }, place(world))
  end)

  it("about how the zone is written come and go with it, and not with a restart or new answers", function()
    local function are_twice(world)
      for _, finding in ipairs(world:status().findings.list) do
        if finding.id == "rr.duplicate" then
          return finding.records[1].line
        end
      end
    end
    local world = started()
    world:edit(text(1, RECORDS .. "\nwww A 192.0.2.1"))
    world:run(5)
    assert.equal(5, are_twice(world))
    world:start()
    world:run(5)
    assert.equal(5, are_twice(world))
    world.resolver.names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.2" } }
    world:run_until(function()
      return world:status().serial == 2
    end)
    assert.equal(5, are_twice(world))
    world:edit(text(1))
    world:run(5)
    assert.is_nil(are_twice(world))
  end)

  -- A world that starts again with a zone that is as it was, whose source sees that it is and gives it back unread.
  local function restarted(settings)
    local world = started { policy = OFF }
    local pull = world.source.pull
    function world.source:pull(name, accepted, afresh)
      local pulled = pull(self, name)
      pulled.zone = not afresh and accepted == pulled.zone and accepted or pulled.zone
      return pulled
    end
    world:edit(text(2, RECORDS .. "\na CNAME mail\n@ MX 5 a"))
    world:run(5)
    assert.is_nil(place(world))
    world.policy = simulation.new({ policy = settings.policy }).policy
    world.policy.zones[1].source, world.policy.zones[1].targets = world.source, world.targets
    world:start()
    world:run(5)
    return world
  end

  it("say so when only another policy brings them, with a restart or after it", function()
    assert.same({ "MX", "source", 9 }, place(restarted { policy = WARN }))
    local world = restarted { policy = OFF }
    assert.is_nil(place(world))
    world:reload { policy = WARN }
    world:run(5)
    assert.same({ "MX", "source", 9 }, place(world))
  end)
end)
