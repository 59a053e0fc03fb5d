-- Events that name something: what is read for them, what is believed of it, and that nothing but time depends on them.
local chance = require "spec.simulation.chance"
local core = require "understudy.core"
local names = require "understudy.sync.names"
local simulation = require "spec.sync.simulation"
local uerror = require "understudy.error"

local NAME <const> = "example.com."
local RECORDS <const> = "www A 192.0.2.1\nwww TXT \"x\"\nmail A 192.0.2.2\n@ MX 10 mail\n"

-- Lets the source of a world read single names: what it is asked for is in `asked`.
local function by_names(world)
  local source = world.source
  source.asked = {}
  function source:pull_names(zone_name, events)
    self.asked[#self.asked + 1] = events
    if self.names_failure then
      return uerror.fail("network", "%s", self.names_failure)
    end
    local whole = assert(core.parse { text = self.text[zone_name], name = "source", origin = zone_name })
    local lines = {}
    for rrset in whole:rrsets() do
      local wanted = rrset.type == "SOA"
      for _, event in ipairs(events) do
        wanted = wanted or rrset.owner == event.owner and (not event.type or rrset.type == event.type)
      end
      lines[#lines + 1] = wanted and tostring(rrset) or nil
    end
    local text = table.concat(lines, "\n") .. "\n" .. (self.too_much or "")
    local part = assert(core.parse { text = text, name = "names", origin = zone_name })
    return { zone = part, version = "names " .. whole.serial }
  end
end

-- A world whose zone is published, from a source that reads names; `source` says what else it is.
local function started(settings)
  settings = settings or {}
  local world = simulation.new(settings)
  for name, value in pairs(settings.source or {}) do
    world.source[name] = value
  end
  by_names(world)
  world:edit(simulation.zone_text(10, settings.records or RECORDS))
  world:start()
  world:run(5)
  assert.equal(10, world:status().serial)
  world.source.pulls = 0
  return world
end

-- Changes the source and tells of it by some events.
local function change(world, serial, records, ...)
  world.source.text[NAME] = simulation.zone_text(serial, records)
  for _, event in ipairs { ... } do
    world.source.event(NAME, event)
  end
  world:run(5)
end

local function served(world, owner, kind)
  local rrset = world.sync:publication(NAME).zone:lookup(owner, kind)
  return rrset and rrset[1]
end

local function reads(world)
  return { whole = world.source.pulls, names = #world.source.asked }
end

local function gsub(text, ...)
  return (text:gsub(...))
end

describe("an event that names", function()
  it("an owner has just that read, and merged into what was accepted last", function()
    local world = started()
    local other = gsub(gsub(RECORDS, "192.0.2.1", "192.0.2.7"), "10 mail", "20 mail")
    change(world, 11, other, { owner = "www" })
    assert.same({ whole = 0, names = 1 }, reads(world))
    assert.same({ { owner = "www.example.com." } }, world.source.asked[1])
    assert.same({ "192.0.2.7", "10 mail.example.com." }, { served(world, "www", "A"), served(world, "@", "MX") })
    local status = world:status()
    assert.same({ "ok", 11, "source changed: www.example.com." }, { status.state, status.serial, status.cause })
    assert.equal(11, world.targets[1].serials[NAME])
  end)

  it("an RRset has no other of that owner read", function()
    local world = started()
    change(world, 11, gsub(gsub(RECORDS, "192.0.2.1", "192.0.2.7"), '"x"', '"y"'), { owner = "www", type = "a" })
    assert.same({ "192.0.2.7", '"x"' }, { served(world, "www", "A"), served(world, "www", "TXT") })
    world.resolver.names["host.example.net. A"] = { ttl = 300, addresses = { "198.51.100.1" } }
    change(world, 12, RECORDS .. "new ALIAS host.example.net.\n", { owner = "WWW.example.COM.", type = "TXT" },
      { owner = "new" }, { owner = "new" })
    assert.same({ whole = 0, names = 2 }, reads(world))
    assert.same({ { owner = "www.example.com.", type = "TXT" }, { owner = "new.example.com." } }, world.source.asked[2])
    assert.equal("host.example.net.", world.sync.zones[NAME].accepted.zone:lookup("new", "ALIAS")[1])
  end)

  it("nothing, or what can't be in the zone, has all of it read", function()
    local world = started()
    for i, event in ipairs { false, { owner = "www.example.org." }, { owner = "notexample.com." }, { owner = 7 },
      { owner = "www", type = true }, { owner = ("x"):rep(2000) }, { owner = "a..b" }, { owner = "www", type = "AXFR" },
      { owner = "www", type = "FOO" } } do
      change(world, 10 + i, gsub(RECORDS, "192.0.2.1", "192.0.2." .. 100 + i), event or nil)
      if not event then
        world.source.event(NAME)
        world:run(5)
      end
      assert.same({ whole = i, names = 0 }, reads(world))
      assert.equal("192.0.2." .. 100 + i, served(world, "www", "A"))
    end
  end)

  it("too much to be read one by one has all of it read", function()
    local world, events = started(), {}
    for i = 1, 150 do
      events[i] = { owner = "h" .. i }
    end
    change(world, 11, RECORDS, table.unpack(events))
    assert.same({ whole = 1, names = 0 }, reads(world))
  end)

  for what, trouble in pairs {
    ["fails"] = function(world)
      world.source.names_failure = "connection refused"
    end,
    ["gives what was not asked for"] = function(world)
      world.source.too_much = "other.example.com. 60 A 192.0.2.9\n"
    end,
    ["lacks what was there"] = function(world)
      local pull_names = world.source.pull_names
      function world.source:pull_names(...)
        local part = pull_names(self, ...)
        part.zone = part.zone:without "www"
        return part
      end
    end,
    ["is older than what was accepted"] = function(world)
      local pull_names = world.source.pull_names
      function world.source:pull_names(...)
        local part = pull_names(self, ...)
        part.zone = part.zone:with_serial(9)
        return part
      end
    end,
    ["throws"] = function(world)
      function world.source.pull_names()
        error "oops"
      end
    end,
    ["gives nothing"] = function(world)
      function world.source.pull_names() end
    end,
  } do
    it("something whose read " .. what .. " has all of it read", function()
      local world = started()
      trouble(world)
      change(world, 11, gsub(RECORDS, "192.0.2.1", "192.0.2.7"), { owner = "www" })
      assert.equal(1, world.source.pulls)
      assert.same({ "ok", 11, "192.0.2.7" }, { world:status().state, world:status().serial, served(world, "www", "A") })
      assert.equal(1, #world:logged "is read whole")
    end)
  end

  it("has findings say which records they mean if that was known, and of all after the next whole read", function()
    local world = started { records = RECORDS .. "a CNAME mail\n@ MX 5 a\n",
      policy = 'checks = { adjust { rule = "mx.cname", severity = "warning", reason = "-" } },' }
    local pull = world.source.pull
    function world.source:pull(...)
      local pulled = pull(self, ...)
      pulled.ids = { file = "source", [10] = "rec-10", [11] = "rec-11" }
      return pulled
    end
    local function meant()
      local list = {}
      for _, finding in ipairs(world:status().findings.list) do
        local record = finding.id == "mx.cname" and finding.records[1]
        list[#list + 1] = record and ("%s %s %s"):format(record.owner, record.id, record.line) or nil
      end
      table.sort(list)
      return list
    end
    change(world, 11, RECORDS .. "a CNAME mail\n@ MX 5 a\n")
    world.source.event(NAME)
    world:run(5)
    assert.same({ "example.com. rec-10 nil" }, meant())
    change(world, 12, RECORDS .. "a CNAME mail\n@ MX 5 a\nb MX 5 a\n", { owner = "b" })
    assert.same({ "b.example.com. nil nil", "example.com. rec-10 nil" }, meant())
    world:run(400)
    assert.same({ "b.example.com. rec-11 nil", "example.com. rec-10 nil" }, meant())
  end)

  it("does not put off the next look at the whole zone", function()
    local world = started()
    world.source.text[NAME] = simulation.zone_text(11, gsub(RECORDS, "10 mail", "20 mail"))
    for _ = 1, 40 do
      world.source.event(NAME, { owner = "www" })
      world:run(10)
    end
    assert.is_true(world.source.pulls >= 1)
    assert.equal("20 mail.example.com.", served(world, "@", "MX"))
  end)

  it("is no ground for changes that the source gives, also after a restart", function()
    local world = started()
    local grounds, pull = {}, world.source.pull
    function world.source:pull(zone_name, accepted)
      grounds[#grounds + 1] = accepted and accepted.serial or "none"
      return pull(self, zone_name)
    end
    world.source.event(NAME)
    world:run(5)
    change(world, 11, gsub(RECORDS, "192.0.2.1", "192.0.2.7"), { owner = "www" })
    world:start()
    world:run(5)
    world:start()
    world:run(5)
    assert.same({ 10, "none", 11 }, grounds)
  end)

  it("lets an answer behind an ALIAS move the publication without a read of the source", function()
    local world = simulation.new()
    world.resolver.names["host.example.net. A"] = { ttl = 60, addresses = { "198.51.100.1" } }
    world:edit(simulation.zone_text(10, "@ ALIAS host.example.net.\n"))
    world:start()
    world:run(5)
    world.source.pulls = 0
    world.resolver.names["host.example.net. A"] = { ttl = 60, addresses = { "198.51.100.2" } }
    world:run(100)
    assert.same({ 0, "198.51.100.2" }, { world.source.pulls, served(world, "@", "A") })
  end)
end)

describe("a deletion", function()
  local PAGED <const> = { whole = false, replicated = true }
  local LESS <const> = gsub(RECORDS, "mail A [^\n]+\n@ MX [^\n]+\n", "")

  it("that an event names is proven by a read that lacks it, of those names or of all", function()
    for _, capable in ipairs { true, false } do
      local world = started { source = PAGED }
      world.source.pull_names = capable and world.source.pull_names or nil
      change(world, 11, LESS, { owner = "mail", gone = true }, { owner = "@", type = "MX", gone = true })
      assert.same({ "ok", 11 }, { world:status().state, world:status().serial })
      assert.is_nil(served(world, "mail", "A"))
      assert.is_nil(served(world, "@", "MX"))
      assert.equal(capable and 0 or 1, world.source.pulls)
    end
  end)

  it("that an event names is none while the source still has it, and no proof later", function()
    local world = started { source = PAGED }
    change(world, 11, RECORDS, { owner = "mail", gone = true })
    assert.equal("192.0.2.2", served(world, "mail", "A"))
    change(world, 12, LESS)
    world.source.event(NAME)
    world:run(5)
    assert.same({ "held", 10 }, { world:status().state, world:status().serial })
  end)

  it("that an event names proves nothing of other names", function()
    local world = started { source = PAGED }
    change(world, 11, LESS, { owner = "mail", type = "A", gone = true })
    assert.equal("10 mail.example.com.", served(world, "@", "MX"))
    world.source.event(NAME)
    world:run(5)
    local status = world:status()
    assert.same({ "held", 11 }, { status.state, status.serial })
    assert.truthy(status.why:find("^example.com. MX vanished"), status.why)
    world.source.event(NAME, { owner = "@", type = "MX", gone = true })
    world:run(5)
    assert.same({ "ok", 12 }, { world:status().state, world:status().serial })
  end)

  it("that is proven stays so while something else waits to be confirmed", function()
    local world = started { source = PAGED }
    world.source.pull_names = nil
    change(world, 11, LESS, { owner = "mail", gone = true })
    assert.truthy(world:status().why:find("^example.com. MX vanished"), world:status().why)
    assert.equal(10, world:status().serial)
    world:run(330)
    assert.same({ "ok", 11 }, { world:status().state, world:status().serial })
  end)

  it("of a protected name is held, whatever an event says", function()
    local world = started { source = PAGED, policy = 'guard = { protect = { "mail" } },' }
    change(world, 11, LESS, { owner = "mail", gone = true }, { owner = "@", type = "MX", gone = true })
    local status = world:status()
    assert.same({ "held", 10 }, { status.state, status.serial })
    assert.truthy(status.why:find("the policy protects it", 1, true), status.why)
  end)
end)

describe("a version that is older", function()
  local REPLICATED <const> = { whole = true, replicated = true }

  local function look(world, serial, records)
    world.source.text[NAME] = simulation.zone_text(serial, records)
    world.source.event(NAME)
    world:run(5)
    return world:status()
  end

  it("of the same content changes nothing, and makes nothing older acceptable", function()
    local world = started { source = REPLICATED }
    assert.same({ "ok", 10 }, { look(world, 8, RECORDS).state, world.sync.zones[NAME].accepted.zone.serial })
    assert.equal("held", look(world, 9, RECORDS .. "old A 192.0.2.9").state)
  end)

  it("is not confirmed by one that is older still", function()
    local world = started { source = REPLICATED, policy = 'guard = { confirm = "10m" }, refresh = "1h",' }
    look(world, 9, RECORDS .. "old A 192.0.2.9")
    world:run(500)
    look(world, 8, RECORDS .. "older A 192.0.2.9")
    world:run(500)
    assert.same({ "held", 10 }, { look(world, 9, RECORDS .. "old A 192.0.2.9").state, world:status().serial })
    world:run(110)
    assert.same({ "ok", 11 }, { world:status().state, world:status().serial })
  end)

  it("is told by the source's own order where it has one", function()
    local world = started { source = REPLICATED }
    function world.source.compare(_, a, b)
      local hour, other = tonumber(a:match "/(%d+)$"), tonumber(b:match "/(%d+)$")
      return (hour % 100 < other % 100) and -1 or (hour % 100 > other % 100) and 1 or 0
    end
    assert.same({ "ok", 111 }, { look(world, 111, RECORDS .. "a A 192.0.2.9").state, world:status().serial })
    local status = look(world, 210, RECORDS .. "b A 192.0.2.9")
    assert.same({ "held", 111 }, { status.state, status.serial })
    assert.truthy(status.why:find("went back", 1, true), status.why)
  end)
end)

describe("a version of which names are newer", function()
  it("says of which version they are", function()
    local zone = assert(core.parse { text = simulation.zone_text(1, ""), name = "x", origin = NAME })
    local version, merged = names.source_version(names.merged_version("2026 x", zone))
    assert.same({ "2026 x", true }, { version, merged })
    version, merged = names.source_version "2026 x"
    assert.same({ "2026 x", false }, { version, merged })
  end)
end)

describe("events in any order, doubled and lost", function()
  local HISTORIES <const> = 60

  -- One edit of a set of records by their owner; returns what an event could say of it.
  local function edit(records, draw)
    local owner = "n" .. draw(6)
    local gone = records[owner] and draw(3) == 1
    records[owner] = not gone and ("%s A 192.0.2.%d\n"):format(owner, draw(250)) or nil
    local exact = draw(2) == 1 and "A" or nil
    return draw(5) > 1 and { owner = owner, type = exact, gone = gone or draw(10) == 1 } or nil
  end

  local function text_of(serial, records)
    local lines = {}
    for _, line in pairs(records) do
      lines[#lines + 1] = line
    end
    return simulation.zone_text(serial, table.concat(lines))
  end

  -- What is published in the end, and the source's zone.
  local function history(seed)
    local draw = chance.new(seed)
    local world = started { source = { whole = draw(2) == 1, replicated = draw(2) == 1 }, records = RECORDS }
    local records, late = { keep = RECORDS }, {}
    for serial = 11, 11 + draw(12) do
      local event = edit(records, draw)
      world.source.text[NAME] = text_of(serial, records)
      for _ = 1, draw(4) - 1 do
        table.insert(late, draw(#late + 1), event or false)
      end
      while #late > 0 and draw(3) > 1 do
        world.source.event(NAME, table.remove(late) or nil)
      end
      world:run(draw() * 3)
    end
    world:run(1000) -- refresh and confirmation
    return world
  end

  it("end at the same zone", function()
    for seed = 1, HISTORIES do
      local world = history(seed)
      local source = assert(core.parse { text = world.source.text[NAME], name = "source", origin = NAME })
      assert.same({ seed, "ok", source.hash },
        { seed, world:status().state, world.sync:publication(NAME).zone.hash })
    end
  end)
end)
