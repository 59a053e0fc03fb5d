-- Zones that secondaries add and remove by themselves, from our catalog (RFC 9432).
local catalog = require "understudy.source.catalog"
local core = require "understudy.core"
local dns = require "understudy.server.dns"
local loop = require "spec.support.loop"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local policy = require "understudy.policy"
local schema = require "understudy.schema"
local secondary = require "understudy.target.secondary"
local self_hosted = require "understudy.preset.self_hosted"
local support = require "spec.support.dns"
local udp = require "understudy.net.udp"

local CATALOG <const> = "catalog.example."
local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }

local function zone_of(name)
  return assert(core.parse { origin = name, text = "$TTL 60\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns.example.net.\n"
    .. "@ NS ns.example.org.\nwww A 192.0.2.1\n" })
end

describe("source.catalog", function()
  it("lists zones as RFC 9432 has it, under labels that stay", function()
    local source = catalog.new()
    source:assign { { name = "a.example." }, { name = "b.example.", group = "signed" } }
    local first = assert(source:pull(CATALOG)).zone
    assert.equal("invalid.", first:lookup("@", "NS")[1])
    assert.equal('"2"', first:lookup("version", "TXT")[1])
    local owners = {}
    for rrset in first:rrsets { type = "PTR" } do
      owners[rrset[1]] = rrset.owner
      assert.matches("^%x+%.zones%.catalog%.example%.$", rrset.owner)
    end
    assert.equal('"signed"', first:lookup("group." .. owners["b.example."], "TXT")[1])
    source:assign { { name = "b.example.", group = "signed" }, { name = "c.example." } }
    local second = source:pull(CATALOG).zone
    assert.equal("b.example.", second:lookup(owners["b.example."], "PTR")[1])
    assert.is_nil(second:lookup(owners["a.example."], "PTR"))
    assert.equal(0, first:check().errors)
  end)

  it("has the zones of its targets, and not itself", function()
    local made = assert(policy.parse([[
      local b = target.secondary "b" { transfer = "192.0.2.1", notify = "192.0.2.1" }
      local c = target.secondary "c" { transfer = "192.0.2.2", notify = "192.0.2.2" }
      return policy { source = source.file "%s.zone", targets = { b }, zones = {
        "one.example", zone "two.example" { targets = { c }, group = "g" }, zone "three.example" { targets = { b, c } },
        zone "catalog.example" { source = source.catalog {}, targets = { c } },
      } }]], "policy.lua"))
    assert.same({ { name = "two.example.", group = "g" }, { name = "three.example." } }, made.zones[4].source.members)
  end)
end)

-- Whether the NSD that is installed reads catalogs.
local function nsd_reads_catalogs()
  local pipe <close> = assert(io.popen "nsd -v 2>&1")
  local major, minor = pipe:read "a":match "NSD version (%d+)%.(%d+)"
  return tonumber(major) > 4 or tonumber(minor) >= 9
end

describe("a secondary with the printed configuration", function()
  local NAMES <const> = { powerdns = "pdns" }
  local host <const> = { exchange = udp.exchange, clock = require("understudy.clock").system() }

  for _, kind in ipairs(self_hosted.KINDS) do
    it("adds, follows and removes the zones of the catalog by itself, all signed: " .. kind, function()
      if kind == "nsd" and not nsd_reads_catalogs() then
        pending "this NSD reads no catalogs; 4.9 does"
        return
      end
      loop.run(function(queue)
        local source, served, serial = catalog.new(), {}, 0
        local key = support.key(KEY)
        local function publish(names)
          local members = {}
          for i, name in ipairs(names) do
            members[i], served[name] = { name = name }, served[name] or zone_of(name)
          end
          source:assign(members)
          serial = serial + 1
          served[CATALOG] = assert(source:pull(CATALOG)).zone:with_serial(serial)
        end
        publish { "a.example.", "b.example." }
        local server <close> = assert(dns.serve {
          listen = "127.0.0.1:0", queue = queue, log = support.new_log(),
          zones = function(name)
            return served[name] and { zone = served[name], transfer = support.grant { key } }
          end,
        })
        local printed = self_hosted.configuration(kind, {
          zones = {}, catalog = CATALOG, address = "127.0.0.1", port = server.port, key = KEY,
        })
        local peer <close> = peers.start(NAMES[kind] or kind, {
          snippet = printed.text:gsub("/var/lib/powerdns/", ""), lines = printed.also and printed.also.text,
        })
        local function notify(name)
          local request = assert(core.request { kind = "notify", zone = served[name], key = key })
          udp.exchange(request.octets, peer.address, peer.port, support.PATIENCE, function() return true end)
        end
        peer:await_serial("a.example.", 1)
        peer:await_serial("b.example.", 1)
        local checked = schema.check(secondary.options, { transfer = "127.0.0.1", notify = peer.server, key = key })
        local target = secondary.new(checked, { name = kind })
        local function assert_delivered() -- as the daemon sees it
          local zone = served[CATALOG]
          assert.equal(zone.serial, target:serial(CATALOG, host, { zone = zone }))
          assert.same({ "same", "transfer" }, { target:inspect(zone).verdict, target:inspect(zone).by })
        end
        assert_delivered()

        publish { "b.example.", "c.example." }
        notify(CATALOG)
        peer:await_serial("c.example.", 1)
        assert_delivered()
        nsd.await("a.example. to be gone", function()
          local _, status = peer:query("a.example.", "SOA")
          return status == "REFUSED"
        end)
        assert.equal(1, peer:serial "b.example.")
        assert.same({ "www.c.example. 60 IN A 192.0.2.1" }, (peer:query("www.c.example.", "A")))

        served["b.example."] = served["b.example."]:with("new A 192.0.2.9"):with_serial(2)
        notify "b.example."
        peer:await_serial("b.example.", 2)
      end)
    end)
  end
end)
