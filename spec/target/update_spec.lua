-- Real primaries that take dynamic updates (RFC 2136).
local peers = require "spec.support.peers"
local schema = require "understudy.schema"
local support = require "spec.support.dns"
local update = require "understudy.target.update"

local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }

local HOST <const> = { clock = require("understudy.clock").system() }

local function text(serial, lines)
  return ("$ORIGIN example.com.\n$TTL 300\n@ SOA ns1 admin %d 3600 600 86400 60\n%s"):format(serial, lines)
end

local FIRST <const> = [[
@ NS ns1
@ NS ns2
ns1 A 192.0.2.1
ns2 A 192.0.2.2
www A 192.0.2.3
www A 192.0.2.4
gone TXT "one" "two"
alias A 192.0.2.5
wasalias CNAME www
ttl 60 MX 10 www
]]

-- Every name server changes, a name becomes a CNAME and another ceases to be one, TTLs change.
local SECOND <const> = [[
@ 600 NS ns3
@ 600 NS ns4
ns3 A 192.0.2.1
ns4 A 192.0.2.2
www A 192.0.2.4
www A 192.0.2.9
alias CNAME www
wasalias AAAA 2001:db8::1
ttl 90 MX 10 www
ttl 90 MX 20 www
new.deep.under SRV 1 2 3 www
]]

local function target_of(peer, key)
  local checked, faults = schema.check(update.options, { server = peer.server, key = key and support.key(key) or nil })
  assert.same({}, faults)
  return update.new(checked, { name = "primary" })
end

local function publication(serial, lines)
  return { zone = support.parse(text(serial, lines)), serial = serial }
end

describe("target.update", function()
  for _, kind in ipairs { "bind", "knot" } do
    it("brings a zone to the publication in one step: " .. kind, function()
      local peer <close> = peers.start(kind, {
        zones = { ["example.com."] = text(1, FIRST) }, key = KEY, updates = true, plain = true,
      })
      local target = target_of(peer, KEY)
      local wanted = publication(5, SECOND)
      assert(target:deliver(wanted, HOST))
      assert.equal(5, target:serial "example.com.")
      assert.same({ "same", "transfer" }, { target:inspect(wanted.zone).verdict, target:inspect(wanted.zone).by })
      assert(target:deliver(wanted, HOST)) -- nothing is left to do
      local back = publication(6, FIRST)
      assert(target:deliver(back, HOST))
      assert.equal("same", target:inspect(back.zone).verdict)
      local ok, err = target:deliver(publication(6, SECOND), HOST)
      assert.is_nil(ok)
      assert.matches("has serial 6, and takes none that is not newer", err.message)
    end)

    it("overwrites nothing that it has not seen: " .. kind, function()
      local peer <close> = peers.start(kind, {
        zones = { ["example.com."] = text(1, FIRST) }, key = KEY, updates = true, plain = true,
      })
      local core = require "understudy.core"
      local tcp = require "understudy.net.tcp"
      local key = support.key(KEY)
      local seen = support.parse(text(1, (FIRST:gsub("192%.0%.2%.4", "192.0.2.44"))))
      local request = assert(core.request { kind = "update", diff = seen:diff(publication(5, SECOND).zone), key = key })
      local octets = assert(tcp.exchange(request.octets, "127.0.0.1", peer.port, support.PATIENCE))
      assert.equal("NXRRSET", request:read(octets, os.time()).rcode)
      assert.equal(1, peer:serial "example.com.")
    end)
  end

  it("says what the server refuses", function()
    local peer <close> = peers.start("bind", { zones = { ["example.com."] = text(1, FIRST) }, plain = true })
    local ok, err = target_of(peer):deliver(publication(5, SECOND), HOST)
    assert.is_nil(ok)
    assert.matches("answers an update with REFUSED", err.message)
    assert.is_true(err.temporary)
  end)

  it("does not fit what is too large for one message", function()
    local old, new = support.numbered_zone(10, 1), support.numbered_zone(3000, 2)
    local request, err = require("understudy.core").request { kind = "update", diff = old:diff(new) }
    assert.is_nil(request)
    assert.equal("limit", err.code)
  end)
end)
