-- What another policy would have made of what was.
local chance = require "spec.simulation.chance"
local policy = require "understudy.policy"
local replay = require "understudy.sync.replay"
local simulation = require "spec.sync.simulation"

local DAY <const> = 86400

local function text(serial, records)
  return simulation.zone_text(serial, records or "www A 192.0.2.1")
end

-- The policy of a world with other settings; the sources are the world's.
local function with(world, settings)
  local made = assert(policy.parse(([[return policy {
    source = source.file "unused", zones = { "example.com" },
    targets = { target.secondary "unused" { transfer = "127.0.0.1", notify = "127.0.0.1" } }, %s }]]):format(settings),
    "new.lua"))
  made.zones[1].source = world.source
  return made
end

local function try(world, settings, since)
  local made = type(settings) == "string" and with(world, settings) or settings
  local now = world.clock.now()
  return assert(replay.zone(world.store, made.zones[1], made, since or now - 7 * DAY, now))
end

local function started(settings, records)
  local world = simulation.new(settings)
  world:edit(text(1, records))
  world:start()
  world:run(60)
  return world
end

describe("a replay", function()
  it("of the same policy tells of no difference", function()
    local world = started()
    world:edit(text(2, "www A 192.0.2.2"))
    world:run(60)
    world:edit(text(3, "www A 192.0.2.2\nwww CNAME a.example.net."))
    world:run(60)
    local result = try(world, "")
    assert.same({}, result.differences)
    assert.is_true(result.decisions >= 3)
  end)

  it("tells what would have been held, and what would be served instead", function()
    local world = started()
    world:edit(text(2, "www A 192.0.2.2"))
    world:run(60)
    world:edit(text(3, "www A 192.0.2.2\nmail A 192.0.2.3"))
    world:run(60)
    local result = try(world, 'guard = { protect = "www" },')
    assert.equal(2, #result.differences)
    local first, second = result.differences[1], result.differences[2]
    assert.same({ "ok", 2 }, { first.was.state, first.was.serial })
    assert.equal("held", first.would.state)
    assert.truthy(first.would.why:find("www.example.com. A would change", 1, true))
    assert.equal(1, first.diff.added - 1)
    assert.same({ "ok", 3, "held" }, { second.was.state, second.was.serial, second.would.state })
    assert.equal(2, world.sync:publication("example.com.").serial - 1) -- nothing was touched
  end)

  it("tells what would have been published", function()
    local world = started { policy = 'guard = { protect = "www" },' }
    world:edit(text(2, "www A 192.0.2.2"))
    world:run(60)
    assert.equal("held", world:status().state)
    local differences = try(world, "").differences
    assert.equal(1, #differences)
    assert.same({ "held", 1, "ok" },
      { differences[1].was.state, differences[1].was.serial, differences[1].would.state })
    assert.truthy(differences[1].diff:text():find("+www.example.com.\t3600\tIN\tA\t192.0.2.2", 1, true))
  end)

  it("tells what would have been refused", function()
    local world = started()
    world:edit(text(2, "www A 192.0.2.2\nold A 192.0.2.9"))
    world:run(60)
    local differences = try(world, [[checks = { rule "acme.old" { text = "No old.", severity = "error",
      check = function(zone) return zone:lookup("old", "A") and { { message = "old is there" } } or nil end } },]])
      .differences
    assert.same({ "ok", "invalid", "old is there" },
      { differences[1].was.state, differences[1].would.state, differences[1].would.why })
  end)

  it("goes by the answers of that time", function()
    local world = simulation.new()
    local names = world.resolver.names
    names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.1" } }
    world:edit(text(1, "@ ALIAS host.example.net."))
    world:start()
    world:run(60)
    names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.2" } }
    world:run(1000)
    names["host.example.net. A"] = "nodata"
    world:run(10000)
    assert.equal("stale-alias", world:status().state)
    names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.3" } }
    world:run(2000)
    assert.same({}, try(world, "").differences)
    local differences = try(world, 'alias = { ttl = "record" },').differences
    assert.is_true(#differences >= 3)
    assert.truthy(differences[1].diff:text():find("TTL 3600, was 300", 1, true),
      differences[1].diff:text())
    assert.same({ {}, {} }, { try(world, "").unknown, try(world, "").late })
  end)

  it("takes over what persons did", function()
    local world = started { policy = 'guard = { protect = "www" },' }
    local same = 'guard = { protect = "www" },'
    world:edit(text(2, "www A 192.0.2.2"))
    world:run(60)
    assert(world.sync:approve("example.com.", world:status().plan, "ann"))
    world:run(60)
    assert.equal(2, world:status().serial)
    world:await(function()
      return world.sync:rollback("example.com.", { serial = 1, who = "ann" })
    end)
    world:run(60)
    world:edit(text(4, "www A 192.0.2.4"))
    world:run(1000)
    assert.same({}, try(world, same).differences)
    assert(world.sync:thaw("example.com.", "ann"))
    world:run(60)
    assert.equal("held", world:status().state)
    assert.same({}, try(world, same).differences)
    assert.equal("ok", try(world, "").differences[1].would.state)
  end)

  it("believes what vanished when the policy would have", function()
    local world = started({}, "www A 192.0.2.1\nmail A 192.0.2.2\nftp A 192.0.2.3")
    world:edit(text(2, "www A 192.0.2.1\nmail A 192.0.2.2"))
    world:run(4000)
    local differences = try(world, 'guard = { confirm = "10m" },').differences
    assert.equal(1, #differences)
    assert.truthy(differences[1].would.why:find("ftp.example.com. A vanished", 1, true))
    local strict = try(world, 'guard = { confirm = "2h" },')
    assert.equal("held", strict.differences[#strict.differences].would.state)
    local slow = started({ policy = 'guard = { confirm = "10m" }, refresh = "1m",' },
      "www A 192.0.2.1\nftp A 192.0.2.3")
    slow:edit(text(2, "www A 192.0.2.1"))
    slow:run(4000)
    assert.equal(2, slow:status().serial)
    assert.same({}, try(slow, 'guard = { confirm = "10m" },').differences)
  end)

  it("says from when on things are kept, and of what nothing is known", function()
    local world = started()
    world:edit(text(2, "@ ALIAS host.example.net."))
    world:run(60)
    local early = try(world, "", world.clock.now() - 90 * DAY)
    assert.is_true(early.from > world.clock.now() - 1000)
    assert.is_nil(try(world, "", world.clock.now() - 30).from)
    world:edit(text(3, "@ URL https://example.net/"))
    world:run(60)
    assert.same({ "redirect.example.net." }, try(world, 'redirect = "redirect.example.net",').unknown)
  end)

  it("of the same policy never differs, whatever happened", function()
    local settings = 'guard = { protect = "p", confirm = "2m" }, refresh = "30s", alias = { min_ttl = "10s" },'
    for seed = 1, 20 do
      local random = chance.new(seed)
      local world = simulation.new { policy = settings }
      local names = world.resolver.names
      names["host.example.net. A"] = { ttl = 20, addresses = { "198.51.100.1" } }
      for step = 1, 25 do
        local choice = math.floor(random() * 9)
        if choice == 0 then
          names["host.example.net. A"] = random() < 0.3 and "failure"
            or { ttl = 20, addresses = { "198.51.100." .. math.floor(random() * 3 + 1) } }
        elseif choice == 1 and world.sync then
          local plan = world:status().plan
          local approved = plan and world.sync:approve("example.com.", plan, "ann")
          assert(approved or not plan)
        elseif choice == 2 and world.sync and random() < 0.5 then
          world.sync:freeze("example.com.", { reason = "r", who = "ann" })
        elseif choice == 3 and world.sync then
          world.sync:thaw("example.com.", "ann")
        else
          local records = { "p A 192.0.2." .. math.floor(random() * 2 + 1) }
          for _, record in ipairs { "a A 192.0.2.1", "b A 192.0.2.2", "alias ALIAS host.example.net.",
            "c A 192.0.2.300" } do
            records[#records + 1] = random() < (record:find "300" and 0.1 or 0.7) and record or nil
          end
          world:edit(text(step, table.concat(records, "\n")))
        end
        if not world.sync then
          world:start()
        end
        world:run(10 + random() * 100)
      end
      local differences = try(world, world.policy).differences
      local first = differences[1]
      assert(not first, first and ("seed %d: at %s %s: was %s %s %s, would be %s %s"):format(seed, first.at,
        first.cause, first.was.state, first.was.serial, first.was.why, first.would.state, first.would.why))
    end
  end)
end)
