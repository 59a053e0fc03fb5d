-- Zones from primaries: the newest whole one that can be believed, and what is said when none can be had for long.
local cqueues = require "cqueues"
local core = require "understudy.core"
local dns = require "understudy.server.dns"
local loop = require "spec.support.loop"
local schema = require "understudy.schema"
local support = require "spec.support.dns"
local tcp = require "understudy.net.tcp"
local time = require "spec.support.time"
local transfer = require "understudy.source.transfer"
local zonemd = require "understudy.zonemd"

local NAME <const> = "example.com."

local function zone(serial, records, times)
  return assert(core.parse { origin = NAME, text = ("$TTL 60\n@ SOA ns. h. %d %s 60\n@ NS ns.example.net.\n%s\n")
    :format(serial, times or "3600 600 86400", records or "www A 192.0.2.1") })
end

-- A source of these options; `host.now` is its clock.
local function source_of(options, host)
  local checked, faults = schema.check(transfer.options, options)
  assert.same({}, faults)
  return transfer.new(checked, host or {})
end

-- A primary that serves `entry.zone` to whomever it likes.
local function primary(queue, entry)
  return assert(dns.serve {
    listen = "127.0.0.1:0", queue = queue, log = support.new_log(),
    zones = function(name)
      return name == NAME and entry.zone and {
        zone = entry.zone, delta = entry.delta, transfer = support.grant(entry.keys),
      } or nil
    end,
  })
end

local function at(server)
  return "127.0.0.1:" .. server.port
end

describe("source.transfer", function()
  it("takes the newest of what its primaries have, and none that is older than what it had", function()
    loop.run(function(queue)
      local old, new = { zone = zone(5) }, { zone = zone(6, "www A 192.0.2.6") }
      local first <close> = primary(queue, old)
      local second <close> = primary(queue, new)
      local source = source_of { from = { at(first), at(second) } }
      assert.equal(new.zone, source:pull(NAME).zone)
      new.zone = nil
      local pulled, err = source:pull(NAME)
      assert.is_nil(pulled)
      assert.truthy(err.message:find(at(first) .. " has serial 5, and 6 was had before", 1, true), err.message)
      assert.is_true(err.temporary)
      old.zone = zone(7)
      assert.equal(old.zone, source:pull(NAME).zone)
      -- After a restart it goes by what was accepted last.
      assert.equal(old.zone, source_of({ from = at(first) }):pull(NAME, zone(6)).zone)
      assert.is_nil(source_of({ from = { at(first), at(second) } }):pull(NAME, zone(8)))
      -- Where all have an older one, sync asks a person.
      new.zone = zone(5)
      source = source_of { from = { at(second), at(first) } }
      assert.equal(old.zone, source:pull(NAME, zone(8)).zone)
      assert.equal(old.zone, source:pull(NAME, zone(8)).zone)
      assert.same({ false, "held" }, { source.replicated, source.older })
    end)
  end)

  it("follows a serial around its end, and takes no step of half the circle", function()
    loop.run(function(queue)
      local entry = { zone = zone(4294967295) }
      local server <close> = primary(queue, entry)
      local source = source_of { from = at(server) }
      assert(source:pull(NAME))
      entry.zone = zone(3)
      assert.equal(3, source:pull(NAME).zone.serial)
      entry.zone = zone(3 + 2 ^ 31 | 0)
      assert.is_nil(source:pull(NAME))
    end)
  end)

  it("believes no digest that is wrong, if the policy says so", function()
    loop.run(function(queue)
      local right = zonemd.complete(zone(5), true)
      local wrong = right:with "extra 60 A 192.0.2.9"
      local entry = { zone = wrong }
      local server <close> = primary(queue, entry)
      local function pull(mode)
        local pulled, err = source_of({ from = at(server), zonemd = mode }):pull(NAME)
        return pulled and pulled.zone.serial or err.message:match "serial 5: (.*)"
      end
      assert.same({ 5, 5, "its ZONEMD does not fit it", "its ZONEMD does not fit it" },
        { pull(nil), pull "off", pull "check", pull "require" })
      entry.zone = right
      assert.same({ 5, 5 }, { pull "check", pull "require" })
      entry.zone = zone(5)
      assert.same({ 5, "it has no ZONEMD that can be checked" }, { pull "check", pull "require" })
    end)
  end)

  it("asks for the whole zone where changes lead to a digest that is wrong", function()
    loop.run(function(queue)
      local old = zonemd.complete(zone(5), true)
      local new = zonemd.complete(zone(6, "www A 192.0.2.6"), true)
      local false_step = old:diff(new:with "extra 60 A 192.0.2.9")
      local entry = { zone = old, delta = function() return false_step end }
      local server <close> = primary(queue, entry)
      local source = source_of { from = at(server), zonemd = "check" }
      assert.equal(old, source:pull(NAME).zone)
      entry.zone = new
      assert.equal(new, source:pull(NAME).zone)
    end)
  end)

  it("has its zone again when its clock and that of its primary agree again", function()
    loop.run(function(queue)
      local key, skew = support.key(), 400
      local clock = require "understudy.clock".system()
      local now = clock.now
      clock.now = function() return now() + skew end
      local server <close> = assert(dns.serve {
        listen = "127.0.0.1:0", queue = queue, log = support.new_log(), clock = clock,
        zones = function() return { zone = zone(5), transfer = support.grant { key } } end,
      })
      local source = source_of { from = at(server), key = key }
      for _, step in ipairs { 400, -400 } do
        skew = step
        local pulled, err = source:pull(NAME)
        assert.is_nil(pulled)
        assert.matches("BADTIME", err.message)
        skew = 0
        assert.equal(5, source:pull(NAME).zone.serial)
      end
    end)
  end)

  it("leaves a zone without its NS to the checks, which let it go nowhere", function()
    loop.run(function(queue)
      local old = zone(5)
      local bare = old:without("@", "NS"):with_serial(6)
      local entry = { zone = old, delta = function() return old:diff(bare) end }
      local server <close> = primary(queue, entry)
      local source = source_of { from = at(server) }
      assert(source:pull(NAME))
      entry.zone = bare
      local pulled = source:pull(NAME)
      assert.equal(bare, pulled.zone)
      assert.is_true(pulled.zone:check().errors > 0)
    end)
  end)

  it("is no zone when the connection ends before the closing SOA or the signature is another's", function()
    loop.run(function(queue)
      local key, other = support.key(), support.key { secret = support.OTHER_SECRET }
      local server <close> = primary(queue, { zone = support.numbered_zone(3000), keys = { key } })
      assert(source_of({ from = at(server), key = key }):pull(NAME))
      local _, err = source_of({ from = at(server), key = other }):pull(NAME)
      assert.matches("BADSIG", err.message)
      local listener <close> = assert(tcp.listen("127.0.0.1", 0))
      queue:wrap(function()
        for client in function() return (listener:accept()) end do
          local upstream <close> = assert(tcp.connect("127.0.0.1", server.port, support.PATIENCE))
          assert(upstream:write(assert(client:read(support.PATIENCE)), support.PATIENCE))
          client:write(assert(upstream:read(support.PATIENCE)), support.PATIENCE)
          client:close()
        end
      end)
      local source = source_of { from = "127.0.0.1:" .. listener.port, key = key }
      _, err = source:pull(NAME)
      assert.matches("the connection ended amid the transfer", err.message)
      local begin = cqueues.monotime()
      source:pull(NAME) -- as UDP was not answered, it is not waited for again
      assert.is_true(cqueues.monotime() - begin < 1)
      listener:close()
    end)
  end)

  it("says when a zone has expired, and withdraws it only if it is told to", function()
    loop.run(function(queue)
      local now = 0
      local entry = { zone = zone(5, nil, "60 30 300") }
      local server <close> = primary(queue, entry)
      local host = { monotonic = function() return now end }
      local sources = {
        serve = source_of({ from = at(server) }, host),
        withdraw = source_of({ from = at(server), on_expire = "withdraw" }, host),
      }
      local function look(mode, seconds)
        now = now + seconds
        local pulled, err = sources[mode]:pull(NAME, mode == "serve" and entry.zone or nil)
        local outcome = err and err.message:match "it has expired.*" or pulled and "pulled" or "failed"
        return outcome, sources[mode]:withdrawn(NAME)
      end
      assert.same({ "pulled", false }, { look("withdraw", 0) })
      local there = entry.zone
      entry.zone = nil
      assert.same({ "failed", false }, { look("withdraw", 299) })
      assert.same({ "it has expired, nothing was heard of it for more than 5m, and is not served any more", true },
        { look("withdraw", 2) })
      entry.zone = there
      assert.same({ "pulled", false }, { look("withdraw", 1000) })
      assert.same({ "pulled", false }, { look("serve", 0) })
      entry.zone = nil
      assert.same({ "it has expired, nothing was heard of it for more than 5m", false }, { look("serve", 301) })
    end)
  end)

  it("wants to be asked again after the retry of the SOA that it or the daemon before it had", function()
    loop.run(function(queue)
      local entry = { zone = zone(5, nil, "3600 45 86400") }
      local server <close> = primary(queue, entry)
      local source = source_of { from = at(server) }
      assert.is_nil(source:retry_within(NAME))
      assert(source:pull(NAME))
      assert.equal(45, source:retry_within(NAME))
      local restarted = source_of { from = at(server) }
      entry.zone = nil
      assert.is_nil((restarted:pull(NAME, zone(5, nil, "3600 50 86400"))))
      assert.equal(50, restarted:retry_within(NAME))
    end)
  end)

  it("looks again after the refresh of the SOA, not of all zones at once, and within bounds", function()
    local function events(refresh, seconds)
      local tasks, times = time.new(), {}
      local source = source_of({ from = "127.0.0.1:1" })
      source.last[NAME] = { pulled = {}, refresh = refresh }
      tasks:spawn("test", function()
        source:watch({ NAME }, function()
          times[#times + 1] = tasks.now
        end, { clock = tasks:clock(), random = function() return 0.5 end })
      end)
      tasks:run(seconds)
      return times
    end
    assert.same({ 96, 192 }, events(100, 200)) -- 95 seconds after a look a second
  end)

  it("takes no more from the SOA than is sane", function()
    loop.run(function(queue)
      local entry = { zone = zone(5, nil, "0 0 0") }
      local server <close> = primary(queue, entry)
      local source = source_of { from = at(server) }
      assert(source:pull(NAME))
      assert.same({ 1, 1, 1 }, { source.last[NAME].refresh, source.heard[NAME].expire, source:retry_within(NAME) })
      entry.zone = zone(6, nil, "2147483647 1 2147483647")
      assert(source:pull(NAME))
      assert.same({ 86400, 2147483647 }, { source.last[NAME].refresh, source.heard[NAME].expire })
    end)
  end)
end)
