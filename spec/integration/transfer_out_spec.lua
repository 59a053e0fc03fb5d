-- Real name servers as secondaries: what each serves is compared with the publication, record by record.
local core = require "understudy.core"
local deltas = require "understudy.sync.deltas"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local support = require "spec.support.dns"
local transfer = require "understudy.net.transfer"
local udp = require "understudy.net.udp"

local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }

-- What the server serves: versions of a zone, with the changes between them.
local function new_entry(key)
  local entry = { history = deltas.new() }
  entry.keys = key and { support.key(key) }
  entry.delta = function(serial)
    return entry.history:find(serial)
  end
  function entry:publish(zone)
    if self.zone then
      self.history:add(self.zone, zone)
    end
    self.zone = zone
  end
  return entry
end

local function notify(entry, peer, key)
  local request = assert(core.request { kind = "notify", zone = entry.zone, key = key and support.key(key) or nil })
  assert(udp.exchange(request.octets, peer.address, peer.port, support.PATIENCE, function(octets)
    return request:read(octets, os.time())
  end))
end

local function assert_follows(peer, entry)
  peer:await_serial("example.com.", entry.zone.serial)
  local served = assert(peer:transfer "example.com.")
  assert.equal(support.records(entry.zone:text()), support.records(table.concat(served, "\n")))
end

local function edit(zone, serial, changes)
  local edited = zone
  for _, owner in ipairs(changes.without or {}) do
    edited = assert(edited:without(owner))
  end
  for _, record in ipairs(changes.with or {}) do
    edited = assert(edited:with(record))
  end
  return assert(edited:with_serial(serial))
end

-- Every version of a story in which names, sets, records and TTLs come and go, past the serial wrap-around.
local FIRST <const> = 0xfffffffe
local function story()
  local zone = support.parse(support.ZONE):with_serial(FIRST)
  for i = 1, 50 do
    zone = zone:with(("host-%d A 192.0.2.%d"):format(i, i))
  end
  local versions = { zone }
  for serial, changes in ipairs {
    { without = { "host-1" }, with = { "new A 192.0.2.99", "mail A 192.0.2.33" } },
    { without = { "new" }, with = { "host-1 A 192.0.2.1" } },
    { with = { "host-2 90 A 192.0.2.2", "a.b.c TXT one \"two three\"" } },
    { without = { "*" }, with = { "deep.under.host-3 3600 MX 10 mail" } },
  } do
    zone = edit(zone, (FIRST + serial + (serial > 1 and 1 or 0)) % 0x100000000, changes) -- no serial is 0
    versions[serial + 1] = zone
  end
  return versions
end

local function transfers(log)
  local lines = {}
  for _, line in ipairs(log.lines) do
    lines[#lines + 1] = line:match "^info: example%.com%. (.*) to 127%.0%.0%.1 done"
  end
  return lines
end

describe("an IXFR query", function()
  local versions = story()

  -- The records of the answer to dig.
  local function ask(serial, options, served)
    local entry = new_entry()
    for _, version in ipairs(served or versions) do
      entry:publish(version)
    end
    local lines
    support.with_server(entry, function(server)
      local output = support.dig(server, ("+noall +answer %s example.com. IXFR=%d"):format(options, serial))
      lines = {}
      for line in output:gmatch "[^\n]+" do
        lines[#lines + 1] = line:gsub("%s+", " ")
      end
    end)
    return lines
  end

  local function soa_of(serial)
    return ("example.com. 300 IN SOA ns.example.com. admin.example.com. %d 3600 600 86400 60"):format(serial)
  end

  for _, transport in ipairs { "+notcp", "+tcp" } do
    it("is answered with what the client lacks, in one step: " .. transport, function()
      assert.same({
        soa_of(3), soa_of(2),
        "*.example.com. 300 IN CNAME www.example.com.",
        soa_of(3),
        "deep.under.host-3.example.com. 3600 IN MX 10 mail.example.com.",
        soa_of(3),
      }, ask(2, transport))
    end)

    it("is answered with one SOA when the client is current, or ahead: " .. transport, function()
      assert.same({ soa_of(3) }, ask(3, transport))
      assert.same({ soa_of(3) }, ask(1000, transport))
    end)
  end

  it("by UDP gets one SOA where history is gone", function()
    assert.same({ soa_of(3) }, ask(77, "+notcp"))
  end)

  it("by UDP gets one SOA where the answer does not fit", function()
    local function numbered(first, last, serial)
      local records = {}
      for i = first, last do
        records[#records + 1] = ("record-number-%d A 192.0.2.1"):format(i)
      end
      return versions[1]:with(table.unpack(records)):with_serial(serial)
    end
    local served = { numbered(1, 100, 1), numbered(1, 120, 2), numbered(1, 180, 3) }
    assert.equal(64, #ask(2, "+tcp", served))
    assert.same({ soa_of(3) }, ask(2, "+notcp +bufsize=4096", served)) -- 60 records are over 1232 octets
    assert.same({ soa_of(2) }, ask(1, "+notcp +noedns", { served[1], served[2] }))
    assert.equal(24, #ask(1, "+notcp", { served[1], served[2] }))
  end)
end)

describe("a real secondary", function()
  for _, kind in ipairs { "nsd", "knot", "bind" } do
    for _, key in ipairs { KEY, false } do
      it(("follows by changes alone: %s, %s"):format(kind, key and "signed" or "unsigned"), function()
        local versions, entry = story(), new_entry(key)
        entry:publish(versions[1])
        support.with_server(entry, function(server, log)
          local peer <close> = peers.start(kind, {
            secondary = { "example.com." }, primary = "127.0.0.1:" .. server.port, key = key or nil,
          })
          assert_follows(peer, entry)
          for _, last in ipairs { 2, 5 } do -- one step, then three at once
            for i = last == 2 and 2 or 3, last do
              entry:publish(versions[i])
            end
            notify(entry, peer, key)
            assert_follows(peer, entry)
          end
          assert.same({
            "transfer of serial 4294967294", "changes from serial 4294967294 to 4294967295",
            "changes from serial 4294967295 to 3",
          }, transfers(log))
        end)
      end)
    end

    it("gets the whole zone where history is gone: " .. kind, function()
      local versions, entry = story(), new_entry()
      entry:publish(versions[1])
      support.with_server(entry, function(server, log)
        local peer <close> = peers.start(kind, {
          secondary = { "example.com." }, primary = "127.0.0.1:" .. server.port,
        })
        assert_follows(peer, entry)
        entry.zone = versions[5]
        notify(entry, peer)
        assert_follows(peer, entry)
        assert.same({ "transfer of serial 4294967294", "transfer of serial 3" }, transfers(log))
      end)
    end)
  end

  -- It asks for no changes.
  for _, key in ipairs { KEY, false } do
    it("follows by whole zones: PowerDNS, " .. (key and "signed" or "unsigned"), function()
      local versions, entry = story(), new_entry(key)
      entry:publish(versions[1])
      support.with_server(entry, function(server, log)
        local peer <close> = peers.start("pdns", {
          secondary = { "example.com." }, primary = "127.0.0.1:" .. server.port, key = key or nil,
        })
        assert_follows(peer, entry)
        for _, last in ipairs { 2, 5 } do
          entry:publish(versions[last])
          notify(entry, peer, key)
          assert_follows(peer, entry)
        end
        assert.same({
          "transfer of serial 4294967294", "transfer of serial 4294967295", "transfer of serial 3",
        }, transfers(log))
      end)
    end)
  end

  for _, kind in ipairs(peers.KINDS) do
    it("follows a zone of 100,000 records: " .. kind, function()
      local entry = new_entry()
      entry:publish(support.numbered_zone(100000, 1))
      support.with_server(entry, function(server, log)
        local peer <close> = peers.start(kind, {
          secondary = { "example.com." }, primary = "127.0.0.1:" .. server.port,
        })
        peer:await_serial("example.com.", 1)
        entry:publish(edit(entry.zone, 2, { without = { "host-500" }, with = { "new A 192.0.2.1" } }))
        notify(entry, peer)
        peer:await_serial("example.com.", 2)
        local server_of = { address = peer.address, port = peer.port, text = peer.server }
        assert.equal(entry.zone, (transfer.fetch(server_of, "example.com.")))
        local second = kind == "pdns" and "transfer of serial 2" or "changes from serial 1 to 2"
        assert.same({ "transfer of serial 1", second }, transfers(log))
      end)
    end)

    it("gets nothing at a wrong time or with a wrong key, and all once they are right: " .. kind, function()
      local versions, entry = story(), new_entry(KEY)
      entry:publish(versions[1])
      local clock, shift = require("understudy.clock").system(), 400
      local now = clock.now
      clock.now = function() return now() + shift end
      support.with_server(entry, function(server, log)
        local peer <close> = peers.start(kind, {
          secondary = { "example.com." }, primary = "127.0.0.1:" .. server.port, key = KEY,
        })
        local function await_refusal(why)
          nsd.await("a refusal: " .. why, function()
            return table.concat(log.lines, "\n"):find("TSIG " .. why, 1, true)
          end)
          server.logged, server.logged_count = {}, 0 -- else the next one is not told for a minute
        end
        local function follows() -- NOTIFY again and again, as the daemon sends it
          nsd.await("the secondary to follow", function()
            notify(entry, peer, KEY)
            return peer:serial "example.com." == entry.zone.serial
          end)
          assert_follows(peer, entry)
        end
        await_refusal "BADTIME"
        assert.is_nil(peer:serial "example.com.")
        shift = 0
        follows()

        entry.transfer = support.grant { support.key { name = KEY.name, secret = support.OTHER_SECRET } }
        entry:publish(versions[2])
        notify(entry, peer, KEY)
        await_refusal "BADSIG"
        assert.equal(versions[1].serial, peer:serial "example.com.")
        entry.transfer = support.grant { support.key(KEY) }
        follows()
      end, { clock = clock })
    end)
  end
end)
