-- A real primary, the daemon, and a real secondary: what is edited at the one end is served at the other.
local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "understudy.core"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local support = require "spec.support.dns"
local udp = require "understudy.net.udp"

local KEY <const> = { name = "transfer.example.", algorithm = "hmac-sha256", secret = support.SECRET }

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:@LISTEN@",
  resolver = { "@OUTSIDE@" },
  source  = source.transfer { from = { @PRIMARY@ }, key = key "transfer.key" },
  targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "@SECONDARY@", key = key "transfer.key" } },
  zones   = { "example.com" },
  retry   = backoff { first = "0.1s", max = "0.5s" },
  refresh = "1h",
  verify  = "1s",
}
]]

local function zone_text(serial, lines)
  return ("$ORIGIN example.com.\n$TTL 300\n@ SOA ns admin %d 3600 600 86400 60\n@ NS ns.example.net.\n%s"):format(
    serial, lines or "")
end

describe("source.transfer", function()
  local listen, folder, remove, daemon

  -- Starts the daemon, then the secondary, which would wait long after a first failure.
  local function start(primary, kind, outside)
    local port = nsd.free_port()
    folder, remove = command.folder {
      ["policy.lua"] = POLICY:gsub("@(%u+)@", {
        LISTEN = listen, PRIMARY = primary, SECONDARY = "127.0.0.1:" .. port,
        OUTSIDE = outside and outside.server or "127.0.0.1:1",
      }),
      ["transfer.key"] = ('key "%s" { algorithm %s; secret "%s"; };\n'):format(KEY.name, KEY.algorithm, KEY.secret),
    }
    assert(os.execute("chmod 600 " .. folder .. "/transfer.key"))
    daemon = daemons.start(folder)
    return peers.start(kind, {
      secondary = { "example.com." }, primary = "127.0.0.1:" .. listen, key = KEY, port = port,
    })
  end

  local function status()
    return cjson.decode(command.run("status", "--json", "--policy", folder .. "/policy.lua").out).zones[1]
  end

  before_each(function()
    listen = nsd.free_port()
  end)

  after_each(function()
    if daemon then
      daemon:stop "TERM"
      remove()
      daemon = nil
    end
  end)

  for from, to in pairs { bind = "knot", knot = "nsd", nsd = "bind" } do
    it(("follows a signed NOTIFY from %s, by changes, to %s"):format(from, to), function()
      local primary <close> = peers.start(from, {
        zones = { ["example.com."] = zone_text(1, "a A 192.0.2.1\n" .. "n1 A 192.0.2.9\n") },
        notify = "127.0.0.1:" .. listen, key = KEY,
      })
      -- One of two primaries is dead.
      local primaries = ("%s%q"):format(from == "bind" and '"127.0.0.1:1", ' or "", primary.server)
      local secondary <close> = start(primaries, to)
      secondary:await_serial("example.com.", 1)
      primary:reload("example.com.", zone_text(2, "a A 192.0.2.2\nb TXT new\nn1 A 192.0.2.9\n"))
      secondary:await_serial("example.com.", 2)
      assert.same({ "b.example.com. 300 IN TXT \"new\"" }, (secondary:query("b.example.com.", "TXT")))
      assert.same({ "a.example.com. 300 IN A 192.0.2.2" }, (secondary:query("a.example.com.", "A")))
      assert.matches("published serial 2: .* %(NOTIFY%)", daemon:read "log")

      local verified = command.run("verify", "--targets", "--json", "--policy", folder .. "/policy.lua")
      local found = cjson.decode(verified.out).zones[1].servers[1]
      assert.same({ 0, "same", 2, "b" }, { verified.status, found.verdict, found.serial, found.name })
      nsd.await("the audit", function()
        local verdict = status().targets[1].verdict
        return verdict and verdict.verdict == "same" and verdict.serial == 2
      end)
    end)
  end

  it("takes a NOTIFY as a reason to look and for nothing else, many or few", function()
    local primary <close> = peers.start("nsd", { zones = { ["example.com."] = zone_text(1, "a A 192.0.2.1\n") },
      key = KEY })
    local secondary <close> = start(("%q"):format(primary.server), "knot")
    secondary:await_serial("example.com.", 1)
    primary:reload("example.com.", zone_text(2, "a A 192.0.2.2\n")) -- which nobody tells
    local forged = support.parse(zone_text(4000, "a A 192.0.2.66\n"))
    local socket <close> = assert(udp.open("127.0.0.1", 0))
    for _ = 1, 200 do
      local request = assert(core.request { kind = "notify", zone = forged, key = support.key(KEY) })
      socket:send(request.octets, "127.0.0.1", listen)
      assert.equal("NOERROR", assert(request:read(assert(socket:receive(support.PATIENCE)), os.time())).rcode)
    end
    secondary:await_serial("example.com.", 2)
    assert.same({ "a.example.com. 300 IN A 192.0.2.2" }, (secondary:query("a.example.com.", "A")))
    local _, count = daemon:read "log":gsub("published serial", "")
    assert.same({ 2, 2 }, { status().serial, count })
  end)

  it("flattens what PowerDNS calls ALIAS, and lets a serial go back only if a person says so", function()
    local outside <close> = nsd.start { zones = {
      ["example.org."] = "$ORIGIN example.org.\n$TTL 60\n@ SOA ns h 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n"
        .. "shop A 203.0.113.10\n",
    } }
    local primary <close> = peers.start("pdns", {
      zones = { ["example.com."] = zone_text(7, "@ ALIAS shop.example.org.\n") },
      notify = "127.0.0.1:" .. listen, key = KEY,
    })
    local secondary <close> = start(("%q"):format(primary.server), "bind", outside)
    secondary:await_serial("example.com.", 7)
    assert.same({ "example.com. 60 IN A 203.0.113.10" }, (secondary:query("example.com.", "A")))

    primary:reload("example.com.", zone_text(5, "@ ALIAS shop.example.org.\nx A 192.0.2.1\n"))
    assert.equal(1, command.run("sync", "--policy", folder .. "/policy.lua", "example.com").status)
    local held = status()
    assert.same({ "held", "the source's version went back: a replica that lags?" }, { held.state, held.why })
    assert.equal(7, secondary:serial "example.com.")
    local approved = command.run("approve", "--policy", folder .. "/policy.lua", "example.com", held.plan)
    assert.equal(0, approved.status, approved.err)
    secondary:await_serial("example.com.", 8)
    assert.same({ "x.example.com. 300 IN A 192.0.2.1" }, (secondary:query("x.example.com.", "A")))
  end)
end)

describe("understudy pull", function()
  it("gives the whole zone, or an error", function()
    local primary <close> = peers.start("knot", {
      zones = { ["example.com."] = zone_text(3, "a A 192.0.2.1\n") }, key = KEY,
    })
    local folder, remove = command.folder {
      ["k"] = ('key "%s" { algorithm %s; secret "%s"; };\n'):format(KEY.name, KEY.algorithm, KEY.secret),
      ["have.zone"] = zone_text(3, "a A 192.0.2.1\n"), ["empty"] = "",
    }
    assert(os.execute("chmod 600 " .. folder .. "/k"))
    local function pull(...)
      return command.run("pull", "--zone", "Example.com", "--from", primary.server, ...)
    end
    local result = pull("--key", folder .. "/k")
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.equal(support.records(support.parse(zone_text(3, "a A 192.0.2.1\n")):text()), support.records(result.out))

    result = pull("--key", folder .. "/k", "--have", folder .. "/have.zone", "--out", folder .. "/out.zone")
    assert.equal("example.com. serial 3: 3 records (current)\n", result.out)
    assert.equal(support.parse(zone_text(3, "a A 192.0.2.1\n")),
      support.parse(command.shell("cat " .. folder .. "/out.zone").out))

    result = pull "--json"
    assert.equal(2, result.status)
    assert.equal("", result.out)
    assert.matches("^understudy: 127%.0%.0%.1:%d+: the primary answers NOTAUTH\n$", result.err)
    assert.equal(2, command.run("pull", "--zone", "example.com", "--from", "127.0.0.1:1").status)
    assert.equal(2, command.run("pull", "--zone", "exa mple", "--from", "127.0.0.1:1").status)
    remove()
  end)
end)
