-- Real name servers as primaries: what comes by AXFR and IXFR, signed and not, is what they serve.
local core = require "understudy.core"
local peers = require "spec.support.peers"
local support = require "spec.support.dns"
local tcp = require "understudy.net.tcp"
local transfer = require "understudy.net.transfer"

local function key_of(algorithm)
  return { name = "key.example.", algorithm = algorithm or "hmac-sha256", secret = support.SECRET }
end

-- NSD 4.6 tells of records of the apex as added that were there before: its changes do not fit.
local APEX <const> = '@ MX 10 mail\n@ TXT "one string" "another; one"\n'

local function numbered_text(serial, count, apex)
  local lines = {
    "$ORIGIN example.com.", "$TTL 300",
    ("@ SOA ns.example.com. admin.example.com. %d 3600 600 86400 60"):format(serial),
    "@ NS ns", "@ NS ns.example.net.", "ns A 192.0.2.4", "mail AAAA 2001:db8::3", '_sip._udp SRV 1 2 3 mail',
    "* CNAME www", "www 0 A 192.0.2.5", apex or "",
  }
  for i = 1, count do
    lines[#lines + 1] = ('host-%d TXT "record number %d" "%d"'):format(i, i, i == 7 and serial or 0)
  end
  return table.concat(lines, "\n") .. "\n"
end

local function primary_of(peer, tsig)
  return { address = "127.0.0.1", port = peer.port, text = peer.server, key = tsig and support.key(tsig) or nil }
end

describe("a real primary", function()
  for _, kind in ipairs(peers.KINDS) do
    for _, tsig in ipairs { key_of(), false } do
      it(("gives its zone, then its changes: %s, %s"):format(kind, tsig and "signed" or "unsigned"), function()
        local apex = kind ~= "nsd" and APEX
        local first = numbered_text(4294967295, 5000, apex)
        local peer <close> = peers.start(kind, { zones = { ["example.com."] = first }, key = tsig or nil })
        local primary = primary_of(peer, tsig)
        assert.equal(4294967295, transfer.serial(primary, "example.com."))
        local zone, incremental = assert(transfer.fetch(primary, "example.com."))
        assert.equal(support.parse(first), zone)
        assert.is_false(incremental)

        local again
        again, incremental = assert(transfer.fetch(primary, "example.com.", zone))
        assert.equal(zone, again)
        assert.is_true(incremental)

        local second = numbered_text(5, 5001, apex)
        peer:reload("example.com.", second)
        again, incremental = assert(transfer.fetch(primary, "example.com.", zone))
        assert.equal(support.parse(second), again)
        assert.equal(kind ~= "pdns", incremental) -- PowerDNS has no changes to give
      end)
    end
  end

  it("gives the whole zone where its changes do not fit ours", function()
    local peer <close> = peers.start("nsd", { zones = { ["example.com."] = numbered_text(1, 50, APEX) } })
    local zone = assert(transfer.fetch(primary_of(peer), "example.com."))
    local second = numbered_text(2, 51, APEX)
    peer:reload("example.com.", second)
    local again, incremental = transfer.fetch(primary_of(peer), "example.com.", zone)
    assert.equal(support.parse(second), again)
    assert.is_false(incremental)
  end)

  for _, algorithm in ipairs { "hmac-sha384", "hmac-sha512", "hmac-sha1" } do
    it("signs with " .. algorithm, function()
      local tsig = key_of(algorithm)
      local peer <close> = peers.start("bind", { zones = { ["example.com."] = numbered_text(1, 5000) }, key = tsig })
      assert.equal(5008, #assert(transfer.fetch(primary_of(peer, tsig), "example.com.")))
    end)
  end

  for _, kind in ipairs(peers.KINDS) do
    it("refuses a wrong key, and no key: " .. kind, function()
      local tsig = key_of()
      local peer <close> = peers.start(kind, { zones = { ["example.com."] = numbered_text(1, 5) }, key = tsig })
      for _, wrong in ipairs {
        { name = tsig.name, algorithm = tsig.algorithm, secret = support.OTHER_SECRET },
        { name = "other.example.", algorithm = tsig.algorithm, secret = tsig.secret },
      } do
        local zone, err = transfer.fetch(primary_of(peer, wrong), "example.com.")
        assert.is_nil(zone)
        assert.equal("refused", err.code)
        assert.matches("^127%.0%.0%.1:%d+: .*", err.message)
      end
      if kind ~= "pdns" then -- which lets in by address as well
        local zone, err = transfer.fetch(primary_of(peer), "example.com.")
        assert.is_nil(zone)
        assert.equal("refused", err.code)
      end
      local zone, err = transfer.fetch(primary_of(peer, tsig), "example.org.")
      assert.is_nil(zone)
      assert.equal("refused", err.code)
    end)
  end

  for _, kind in ipairs(peers.KINDS) do
    it("refuses a wrong time, and says so: " .. kind, function()
      local tsig = key_of()
      local peer <close> = peers.start(kind, { zones = { ["example.com."] = numbered_text(1, 5) }, key = tsig })
      for _, shift in ipairs { -400, 400, 0 } do
        local now, key = os.time() + shift, support.key(tsig)
        local request = assert(core.request { kind = "soa", origin = "example.com.", key = key, now = now })
        local octets = assert(tcp.exchange(request.octets, peer.address, peer.port, support.PATIENCE))
        local response, err = request:read(octets, now)
        if kind == "pdns" and shift ~= 0 then
          assert.equal("refused", err.code) -- it says NOTAUTH, without a TSIG
        else
          assert.equal(shift ~= 0 and "BADTIME" or nil, response.tsig_error)
          assert.equal(shift == 0 and 1 or nil, response.serial)
        end
      end
    end)
  end
end)
