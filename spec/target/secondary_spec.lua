local core = require "understudy.core"
local loop = require "spec.support.loop"
local nsd = require "spec.support.nsd"
local dns = require "understudy.server.dns"
local address = require "understudy.net.address"
local log = require "understudy.log"
local schema = require "understudy.schema"
local secondary = require "understudy.target.secondary"
local udp = require "understudy.net.udp"

local SECRET <const> = "rrn53OyC5eLXzasILvF97xl9eta1fcFyNRbSmA5mGXU="

local function zone(serial)
  return assert(core.parse { origin = "example.com.", text =
    ("$TTL 60\n@ SOA ns. host. %d 3600 600 86400 60\n@ NS ns.example.net.\n"):format(serial) })
end

local function host()
  return { exchange = udp.exchange, clock = require("understudy.clock").system() }
end

local function target(options)
  local checked, faults = schema.check(secondary.options, options)
  assert.same({}, faults)
  return secondary.new(checked, { name = "ns-b" })
end

-- Runs a test with our primary for version 5 of the zone and an NSD that transfers from it.
local function with_peers(key, test)
  loop.run(function(queue)
    local current = zone(5)
    local made = key and assert(core.key(key))
    local primary <close> = assert(dns.serve {
      queue = queue,
      listen = "127.0.0.1:0",
      log = log.new { sink = function() end },
      zones = function()
        return { zone = current, transfer = { { from = address.acl { "127.0.0.1" }, keys = made and { made } } } }
      end,
    })
    local server <close> = nsd.start {
      secondary = { "example.com." }, primary = ("127.0.0.1:%d"):format(primary.port), key = key,
    }
    test(server, made, function(serial)
      current = zone(serial)
      return { zone = current, serial = serial }
    end)
  end)
end

describe("target.secondary", function()
  for what, key in pairs {
    ["without a key"] = false,
    ["with a key"] = { name = "ns-b", algorithm = "hmac-sha256", secret = SECRET },
  } do
    it("tells a real secondary of a version and sees that it is served, " .. what, function()
      with_peers(key or nil, function(server, made, publish)
        local to = target { transfer = "127.0.0.1", notify = server.server, key = made or nil }
        server:await_serial("example.com.", 5)
        assert(to:deliver(publish(6), host()))
        nsd.await("the serial", function()
          return to:serial("example.com.", host(), { zone = zone(1) }) == 6
        end)
      end)
    end)
  end

  it("passes on that a secondary refuses", function()
    local server <close> = nsd.start { zones = { ["example.com."] = zone(1):text() } }
    loop.run(function()
      local to = target { transfer = "127.0.0.1", notify = server.server }
      local ok, err = to:deliver({ zone = zone(2), serial = 2 }, host())
      assert.is_nil(ok)
      assert.equal("refused", err.code)
      assert.is_true(err.temporary)
      assert.truthy(err.message:find(server.server, 1, true))
      local serial, problem = to:serial("example.org.", host(), { zone = zone(1) })
      assert.is_nil(serial)
      assert.equal("refused", problem.code)
      assert.equal(1, to:serial("example.com.", host(), { zone = zone(1) }))
    end)
  end)

  it("calls a secondary that does not answer a timeout", function()
    loop.run(function()
      local silent <close> = assert(udp.open("127.0.0.1", 0))
      local to = target { transfer = "127.0.0.1", notify = ("127.0.0.1:%d"):format(silent.port) }
      local serial, err = to:serial("example.com.", host(), { zone = zone(1) })
      assert.is_nil(serial)
      assert.equal("timeout", err.code)
    end)
  end)

  it("asks where the secondary serves, if that is elsewhere", function()
    local server <close> = nsd.start { zones = { ["example.com."] = zone(9):text() } }
    loop.run(function()
      local to = target { transfer = "127.0.0.1", notify = "127.0.0.1:1", serve = server.server }
      assert.equal(9, to:serial("example.com.", host(), { zone = zone(1) }))
    end)
  end)
end)
