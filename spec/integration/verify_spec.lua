-- What real name servers serve, right and wrong, is seen for what it is.
local name_servers = require "understudy.verify.name_servers"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local support = require "spec.support.dns"
local verify = require "understudy.verify"

local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }

local function text(serial, more)
  return ([[
$ORIGIN example.com.
$TTL 300
@ SOA ns admin %d 3600 600 86400 60
@ NS ns
@ NS ns.example.net.
@ MX 10 mail
@ TXT "one string" "another; one"
ns A 192.0.2.4
mail A 192.0.2.3
mail AAAA 2001:db8::3
*.wild CNAME www
*.sub MX 5 mail
_sip._udp SRV 1 2 3 mail
cut NS ns.cut
cut NS ns.example.org.
ns.cut A 192.0.2.9
dname DNAME elsewhere.example.org.
www 0 A 192.0.2.5
%s]]):format(serial, more or "")
end

local function server_of(peer, key)
  return { address = peer.address, port = peer.port, text = peer.server, key = key and support.key(key) or nil }
end

local PUBLISHED <const> = support.parse(text(7))

describe("verify", function()
  for _, kind in ipairs(peers.KINDS) do
    it("finds a right server right, by transfer and by queries: " .. kind, function()
      local peer <close> = peers.start(kind, { zones = { ["example.com."] = text(7) }, key = KEY })
      local found = verify.inspect(server_of(peer, KEY), PUBLISHED)
      assert.same({ "same", "transfer", 7 }, { found.verdict, found.by, found.serial })
      if kind ~= "pdns" then -- which lets in by address as well
        found = verify.inspect(server_of(peer), PUBLISHED)
        assert.same({}, found.differences)
        assert.same({ "same", "queries" }, { found.verdict, found.by })
        assert.is_true(found.asked > 12)
      end
    end)
  end

  it("names what differs", function()
    local peer <close> = peers.start("bind", {
      zones = { ["example.com."] = text(7):gsub("192%.0%.2%.5", "192.0.2.55"):gsub("mail AAAA[^\n]*\n", "") },
      key = KEY,
    })
    local expected <const> = {
      "mail.example.com. AAAA: serves nothing, not 2001:db8::3 (TTL 300)",
      "www.example.com. A: serves 192.0.2.55 (TTL 0), not 192.0.2.5 (TTL 0)",
    }
    for _, key in ipairs { KEY, false } do
      local found = verify.inspect(server_of(peer, key), PUBLISHED)
      assert.equal("differs", found.verdict)
      assert.same(expected, found.differences)
      assert.equal(2, found.count)
    end
  end)

  it("sees records that should not be there, below a wildcard and beside", function()
    local peer <close> = peers.start("knot", {
      zones = { ["example.com."] = text(7, "* A 192.0.2.66\n@ HINFO a b\n"):gsub("%*%.sub MX 5", "*.sub MX 6") },
      key = KEY,
    })
    local found = verify.inspect(server_of(peer), PUBLISHED)
    local all = table.concat(found.differences, "\n")
    assert.equal("differs", found.verdict)
    assert.matches("understudy%-%x+%.example%.com%. A: answers NOERROR, not NXDOMAIN", all)
    assert.matches("understudy%-%x+%.sub%.example%.com%. MX: serves 6 mail%.example%.com%.", all)
    assert.matches("example%.com%. HINFO: serves \"a\" \"b\" %(TTL 300%), not nothing", all)
    assert.equal(4, found.count)
    found = verify.inspect(server_of(peer, KEY), PUBLISHED)
    assert.equal(3, found.count)
  end)

  it("tells who is behind, ahead, rewrites the SOA, does not know the zone or is not there", function()
    local peer <close> = nsd.start { zones = {
      ["example.com."] = text(6), ["example.org."] = text(7):gsub("ORIGIN example.com", "ORIGIN example.org"),
    } }
    assert.equal("behind", verify.inspect(server_of(peer), PUBLISHED).verdict)
    assert.equal("differs", verify.inspect(server_of(peer), PUBLISHED:with_serial(5)).verdict)
    local org = support.parse((text(7):gsub("ORIGIN example.com", "ORIGIN example.org")))
    local found = verify.inspect(server_of(peer), org)
    assert.same({ "same", "transfer" }, { found.verdict, found.by })
    local soa = "@ SOA ns2 admin 7 3600 600 86400 60"
    found = verify.inspect(server_of(peer), org:edit(function(draft)
      draft:remove("@", "SOA")
      draft:add(soa)
    end))
    assert.equal("rewrites SOA", found.verdict)
    assert.equal("mname is ns.example.org., not ns2.example.org.", found.why)
    local other = support.parse((text(7):gsub("ORIGIN example.com", "ORIGIN example.net")))
    found = verify.inspect(server_of(peer), other)
    assert.same({ "not authoritative", "it answers with REFUSED" }, { found.verdict, found.why })
    local dead = { address = "127.0.0.1", port = 1, text = "127.0.0.1:1" }
    assert.equal("unreachable", verify.inspect(dead, PUBLISHED).verdict)
  end)

  it("takes who serves an earlier publication for behind, and for wrong where it serves something else", function()
    local peer <close> = peers.start("knot", { zones = { ["example.com."] = text(6) }, key = KEY })
    local function inspect(past, key)
      return verify.inspect(server_of(peer, key), PUBLISHED, function(serial)
        return serial == 6 and past and { zone = past, replaced_at = 1000, recent = true } or nil
      end)
    end
    for _, key in ipairs { KEY, false } do
      local found = inspect(support.parse(text(6)), key)
      assert.same({ "behind", 0, 1000 + 86400, true }, { found.verdict, found.count, found.expires_at, found.grace })
      found = inspect(support.parse(text(6):gsub("192%.0%.2%.5", "192.0.2.55")), key)
      assert.same({ "differs", "www.example.com. A: serves 192.0.2.5 (TTL 0), not 192.0.2.55 (TTL 0)" },
        { found.verdict, found.differences[1] })
    end
    local found = inspect(nil)
    assert.same({ "behind", "nothing is remembered of what it serves" }, { found.verdict, found.why })
  end)
end)

describe("the name servers of a zone", function()
  it("are found by the zone and by lookup, those aside that are asked anyway, and compared", function()
    local zone = support.parse((text(7):gsub("@ NS ns%.example%.net%.", "@ NS ns.example.net.\n@ NS gone.example.net.")
      :gsub("ns A 192%.0%.2%.4", "ns A 127.0.0.1")))
    local peer <close> = nsd.start { zones = { ["example.com."] = zone:text() } }
    local outside <close> = nsd.start { zones = {
      ["example.net."] = "$ORIGIN example.net.\n$TTL 60\n@ SOA ns h 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.2\n",
    } }
    local options = { known = {}, port = peer.port, resolvers = { outside.server } }
    local function verdicts(of)
      local list = {}
      for _, found in ipairs(assert(name_servers.inspect_all(of, options))) do
        list[found.name] = { found.verdict, found.server or found.why, found.serial }
      end
      return list
    end
    local at = "127.0.0.1:" .. peer.port
    assert.same({
      ["ns.example.com."] = { "same", at, 7 },
      ["ns.example.net."] = { "unreachable", "127.0.0.2:" .. peer.port },
      ["gone.example.net."] = { "unreachable", "its name has no address" },
    }, verdicts(zone))
    assert.same({ "behind", at, 7 }, verdicts(zone:with_serial(8))["ns.example.com."])
    options.resolvers = { "127.0.0.1:1" }
    assert.matches("^its name can't be looked up: .*127%.0%.0%.1:1", verdicts(zone)["gone.example.net."][2])
    options.known[at], options.resolvers = true, { outside.server }
    assert.is_nil(verdicts(zone)["ns.example.com."])
    local catalog = support.parse('$ORIGIN c.example.\n$TTL 0\n@ SOA invalid. invalid. 1 1 1 1 1\n@ NS invalid.\n'
      .. 'version TXT "2"\n')
    assert.same({}, verdicts(catalog)) -- which nobody resolves
  end)
end)

describe("understudy verify", function()
  it("signs with the key of the target, where only that opens transfers", function()
    local command = require "spec.support.command"
    local peer <close> = peers.start("knot", { zones = { ["example.com."] = text(6) }, key = KEY })
    local folder, remove = command.folder {
      ["understudy.lua"] = ([[return policy {
        listen = "127.0.0.1:0", source = source.file "%%s.zone", zones = { "example.com" }, targets = {
          target.secondary "b" { transfer = "127.0.0.1", notify = "%s", key = key "b.key" } } }]]):format(peer.server),
      ["example.com.zone"] = text(6),
      ["b.key"] = ('key "%s" { algorithm %s; secret "%s"; };\n'):format(KEY.name, KEY.algorithm, KEY.secret),
    }
    assert(os.execute("chmod 600 " .. folder .. "/b.key"))
    command.run("sync", "--policy", folder .. "/understudy.lua")
    local result = command.run("verify", "--targets", "--policy", folder .. "/understudy.lua")
    assert.matches("b +127%.0%.0%.1:%d+ +same +serial 6, by transfer", result.out)
    remove()
  end)

  it("forgives who is behind for a while, and tells how long it lasts", function()
    local command = require "spec.support.command"
    local peer <close> = peers.start("nsd", { zones = { ["example.com."] = text(6) } })
    local policy = ([[return policy {
      listen = "127.0.0.1:0", source = source.file "%%%%s.zone", zones = { "example.com" }, grace = "%%s",
      targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "%s" } } }]]):format(peer.server)
    local folder, remove = command.folder {
      ["understudy.lua"] = policy:format "1h", ["strict.lua"] = policy:format "0s", ["example.com.zone"] = text(6),
    }
    local function run(what, file)
      return command.run(what, "--policy", folder .. "/" .. (file or "understudy.lua"), "example.com",
        what == "verify" and "--targets" or nil)
    end
    assert.equal(0, run("sync").status)
    assert.equal(0, run("verify").status)
    local function write(zone)
      local file <close> = assert(io.open(folder .. "/example.com.zone", "w"))
      file:write(zone)
    end
    write(text(7, "new A 192.0.2.7\n"))
    run "sync"
    local result = run "verify"
    assert.equal(0, result.status, result.out)
    assert.truthy(result.out:find("behind", 1, true), result.out)
    assert.truthy(result.out:find("serial 6, by transfer, replaced only now", 1, true), result.out)
    result = run("verify", "strict.lua")
    assert.equal(1, result.status)
    assert.matches("it serves the zone for 2?3?1?d?.* more at least %(SOA expire%)", result.out)
    result = run "status"
    assert.matches("serves the zone until .* at least %(SOA expire%)", result.out)
    remove()
  end)
end)
