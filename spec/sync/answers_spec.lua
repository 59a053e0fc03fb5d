-- What the daemon remembers of ALIAS targets, in a simulated world: written down before it is used, kept while lookups
-- fail, and asked for again at the right time.
local simulation = require "spec.sync.simulation"

local HOST <const> = "host.example.net. A"

local function addresses(...)
  return { ttl = 300, addresses = { ... } }
end

local function new_world(policy, zone)
  local world = simulation.new { policy = policy }
  world.resolver.names[HOST] = addresses "8.0.0.1"
  world:edit(simulation.zone_text(10, zone or "@ ALIAS host.example.net.\n"))
  world:start()
  world:run(5)
  return world
end

local function published(world)
  local rrset = world.sync:publication("example.com.").zone:lookup("@", "A")
  return rrset and rrset[1]
end

local function asked(world)
  local count = 0
  for _, key in ipairs(world.resolver.asked) do
    count = count + (key == HOST and 1 or 0)
  end
  return count
end

describe("an answer", function()
  it("that can't be written down is not used, and is asked for again", function()
    local world = new_world ""
    local save = world.store.save_answers
    world.store.save_answers = function()
      return nil, require("understudy.error").new { code = "io", message = "disk full", temporary = true }
    end
    world.resolver.names[HOST] = addresses "8.0.0.2"
    world:run(600)
    assert.equal("8.0.0.1", published(world))
    assert.equal(10, world:status().serial)
    assert.is_true(#world:logged "can't be written down and are not used: disk full" > 0)
    world.store.save_answers = save
    world:run(600)
    assert.equal("8.0.0.2", published(world))
  end)

  it("is in the store before it is published", function()
    local world = new_world ""
    local publish, seen = world.store.publish, nil
    world.store.publish = function(...)
      for _, answer in ipairs(world.store:answers()) do
        seen = answer.type == "A" and answer.addresses[1] or seen
      end
      return publish(...)
    end
    world.resolver.names[HOST] = addresses "8.0.0.2"
    world:run(600)
    assert.equal("8.0.0.2", published(world))
    assert.equal("8.0.0.2", seen)
  end)

  it("comes back after a restart with all that was known of it, and is not asked for before it is due", function()
    local world = new_world ""
    world.resolver.names[HOST] = "failure"
    world:run_until(function() -- when it is due is a matter of chance
      local answer = world:status().aliases[1]
      return answer.state == "stale" and answer.next_refresh > world.clock.now() + 2
    end)
    local before, count = world:status().aliases[1], asked(world)
    world:start()
    assert.same(before, world:status().aliases[1])
    world:run(1)
    assert.equal(count, asked(world))
  end)

  it("with private addresses is refused, and says so", function()
    local world = new_world ""
    world.resolver.names[HOST] = "special"
    world:run(400)
    local status = world:status()
    assert.equal("stale-alias", status.state)
    assert.equal("8.0.0.1", published(world))
    assert.equal(10, status.serial)
  end)

  it("that is older than max_stale holds the zone or is left out, as the policy says", function()
    local held = new_world 'alias = { max_stale = "1h" },'
    held.resolver.names[HOST] = "failure"
    held:run(3000)
    assert.equal("stale-alias", held:status().state)
    held:run(2400)
    assert.equal("invalid", held:status().state)
    assert.equal("8.0.0.1", published(held)) -- what is served stays served
    held.resolver.names[HOST] = addresses "8.0.0.1"
    held:run(600)
    assert.equal("ok", held:status().state)
    assert.equal(10, held:status().serial)

    local omitted = new_world('alias = { max_stale = "1h", on_unresolved = "omit" },',
      "@ ALIAS host.example.net.\nwww A 192.0.2.1\n")
    omitted.resolver.names[HOST] = "failure"
    omitted:run(6000)
    assert.is_nil(published(omitted))
    assert.equal(11, omitted:status().serial)
  end)

  it("has the TTL that the policy chooses", function()
    local zone = "@ 900 ALIAS host.example.net.\n"
    assert.equal(300, new_world("", zone).sync:publication("example.com.").zone:lookup("@", "A").ttl)
    assert.equal(900, new_world('alias = { ttl = "record" },', zone).sync:publication("example.com.")
      .zone:lookup("@", "A").ttl)
  end)

  it("is asked for on time though the clock is set back by a day", function()
    local world = new_world ""
    local now = world.clock.now
    world.clock.now = function()
      return now() - 86400
    end
    world.resolver.names[HOST] = addresses "8.0.0.2"
    world:run(600)
    assert.equal("8.0.0.2", published(world))
    -- And after a restart under that clock, when all that is written down lies in the future.
    world:start()
    world.resolver.names[HOST] = addresses "8.0.0.3"
    world:run(600)
    assert.equal("8.0.0.3", published(world))
  end)
end)

describe("a thousand answers", function()
  it("do not fall due together", function()
    local lines = {}
    for i = 1, 1000 do
      lines[i] = ("h%d ALIAS host%d.example.net."):format(i, i)
    end
    local world = simulation.new()
    setmetatable(world.resolver.names, { __index = function(_, key)
      return addresses(key:find " A$" and "8.0.0.1" or "2a00::1")
    end })
    world:edit(simulation.zone_text(1, table.concat(lines, "\n")))
    world:start()
    world:run(5)
    assert.equal(2000, #world.resolver.asked)
    local most, before = 0, #world.resolver.asked
    for _ = 1, 400 do
      world:run(1)
      most = math.max(most, #world.resolver.asked - before)
      before = #world.resolver.asked
    end
    assert.equal(4000, before)
    assert.is_true(most < 200) -- over 30 seconds
  end)
end)
