-- Real primaries that take dynamic updates (RFC 2136).
local loop = require "spec.support.loop"
local peers = require "spec.support.peers"
local schema = require "understudy.schema"
local steps = require "understudy.target.update.steps"
local support = require "spec.support.dns"
local tcp = require "understudy.net.tcp"
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
  for _, kind in ipairs { "bind", "knot", "pdns" } do
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
      assert.matches("has something else under serial 6 %(%S+ %u+%), and takes none that is not newer: raise",
        err.message)
      ok, err = target:deliver(publication(5, SECOND), HOST)
      assert.is_nil(ok)
      assert.matches("has serial 6, and takes none that is not newer, such as 5", err.message)
    end)

    it("overwrites nothing that it has not seen: " .. kind, function()
      local peer <close> = peers.start(kind, {
        zones = { ["example.com."] = text(1, FIRST) }, key = KEY, updates = true, plain = true,
      })
      local core = require "understudy.core"
      local key = support.key(KEY)
      local seen = support.parse(text(1, (FIRST:gsub("192%.0%.2%.4", "192.0.2.44"))))
      local request = assert(core.request { kind = "update", diff = seen:diff(publication(5, SECOND).zone), key = key })
      local octets = assert(tcp.exchange(request.octets, "127.0.0.1", peer.port, support.PATIENCE))
      assert.equal("NXRRSET", request:read(octets, os.time()).rcode)
      assert.equal(1, peer:serial "example.com.")
    end)
  end

  it("ends at the publication though the answer to an update was lost", function()
    local peer <close> = peers.start("knot", {
      zones = { ["example.com."] = text(1, FIRST) }, key = KEY, updates = true, plain = true,
    })
    local wanted = publication(5, SECOND)
    loop.run(function(queue)
      local lost = 0
      local listener <close> = assert(tcp.listen("127.0.0.1", 0))
      queue:wrap(function()
        for client in function() return (listener:accept()) end do
          local _ <close> = client
          local asked = assert(client:read(support.PATIENCE))
          local answer = assert(tcp.exchange(asked, "127.0.0.1", peer.port, support.PATIENCE))
          if asked:byte(3) >> 3 == 5 then
            lost = lost + 1
          else
            client:write(answer, support.PATIENCE)
          end
          client:shutdown()
        end
      end)
      local target = target_of({ server = "127.0.0.1:" .. listener.port }, KEY)
      assert.is_nil((target:deliver(wanted, HOST)))
      assert.equal(1, lost)
      assert(target:deliver(wanted, HOST))
      assert.equal(1, lost) -- nothing was sent again
      listener:close()
    end)
    assert.equal(5, peer:serial "example.com.")
  end)

  it("says what the server refuses", function()
    local peer <close> = peers.start("bind", { zones = { ["example.com."] = text(1, FIRST) }, plain = true })
    local ok, err = target_of(peer):deliver(publication(5, SECOND), HOST)
    assert.is_nil(ok)
    assert.matches("answers an update with REFUSED", err.message)
    assert.is_true(err.temporary)
  end)

  for _, kind in ipairs { "bind", "knot", "pdns" } do
    it("takes as many messages as it needs, and a server is never without what is pointed to: " .. kind, function()
      local peer <close> = peers.start(kind, {
        zones = { ["example.com."] = text(1, FIRST) }, key = KEY, updates = true, plain = true,
      })
      local target, lines, octets = target_of(peer, KEY), { SECOND }, steps.OCTETS
      local _ <close> = setmetatable({}, { __close = function() steps.OCTETS = octets end })
      steps.OCTETS = kind == "pdns" and 3000 or octets -- which takes its time
      for i = 1, kind == "pdns" and 100 or 3000 do
        lines[i + 1] = ("h%d MX 10 new-%d\nnew-%d A 192.0.2.1\n"):format(i, i, i)
      end
      local wanted = publication(100, table.concat(lines))
      assert(target:deliver(wanted, HOST))
      assert.same({ "same", 100 }, { target:inspect(wanted.zone).verdict, target:serial "example.com." })
      local ok, err = target:deliver(publication(101, FIRST), HOST)
      assert.is_nil(ok)
      assert.matches("the update needs %d+ messages.*serial 101 is only 1 after 100: raise the serial", err.message)
      assert.equal("same", target:inspect(wanted.zone).verdict)
      assert(target:deliver(publication(200, FIRST), HOST))
    end)
  end

  it("says so when the server does not have what it took", function()
    -- What an update can't do to a name server: BIND ignores a CNAME beside other data.
    local peer <close> = peers.start("bind", {
      zones = { ["example.com."] = text(1, FIRST) }, key = KEY, updates = true, plain = true,
    })
    local wanted = publication(5, FIRST .. "www CNAME ns1\n")
    local ok, err = target_of(peer, KEY):deliver(wanted, HOST)
    assert.is_nil(ok)
    assert.matches("took the update and has something else: www.example.com. CNAME", err.message)
  end)

  it("is divided so that names come before what points to them and go after it", function()
    local function zone(serial, lines)
      return support.parse(text(serial, lines))
    end
    local before = zone(1, "@ NS ns1\nns1 A 192.0.2.1\nold A 192.0.2.2\nx MX 10 old\nc A 192.0.2.3\n")
    local after = zone(9, "@ NS ns1\nns1 A 192.0.2.1\na MX 10 b\nb A 192.0.2.2\nx MX 10 b\nc CNAME b\n")
    local list, owners = assert(steps.plan(before, after, 1)), {}
    for i, groups in ipairs(list) do
      owners[i] = groups[1][1].owner:match "^[^.]+"
    end
    assert.same({ "b", "a", "c", "x", "old" }, owners)
    local there = before
    for i = 1, #list - 1 do
      local step = assert(steps.advance(there, list[i]))
      assert(require("understudy.core").request { kind = "update", diff = there:diff(step) })
      assert.equal(i + 1, step.serial)
      there = step
    end
    assert.equal(1, #steps.plan(before, after, steps.OCTETS))
    assert.is_nil((steps.plan(before, after:with_serial(5), 1)))
    assert.equal(5, #assert(steps.plan(before:with_serial(4294967293), after:with_serial(2), 1)))
  end)

  it("is made smaller where the estimate was too large", function()
    local peer <close> = peers.start("knot", {
      zones = { ["example.com."] = text(1, FIRST) }, key = KEY, updates = true, plain = true,
    })
    local long = {}
    for i = 1, 700 do
      -- Names that are not compressed take more than is estimated.
      long[i] = ("%s.%d TXT \"x\"\n"):format(("a"):rep(60), i)
    end
    local wanted = publication(900, FIRST .. table.concat(long))
    local octets = steps.OCTETS
    local _ <close> = setmetatable({}, { __close = function() steps.OCTETS = octets end })
    steps.OCTETS = 1 << 20
    assert(target_of(peer, KEY):deliver(wanted, HOST))
  end)
end)
