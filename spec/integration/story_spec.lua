-- The whole way of a zone, with real name servers: one NSD is the outside world, one is the secondary, and the daemon
-- is killed, restarted and cut off in between.
local cjson = require "cjson"
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"

local KEY <const> = { name = "transfer", algorithm = "hmac-sha256", secret = ("c2VjcmV0"):rep(5) .. "c2U=" }

local POLICY <const> = [[
return policy {
  listen   = "127.0.0.1:@LISTEN@",
  resolver = { "@OUTSIDE@" },
  source   = source.file "%s.zone",
  targets  = { target.secondary "nsd" {
    transfer = "127.0.0.1", notify = "@SECONDARY@", key = key "transfer.key",
  } },
  zones    = { "example.com" },
  alias    = { min_ttl = "1s" },
  redirect = { "192.0.2.80", "2001:db8::80" },
  retry    = backoff { first = "0.1s", max = "0.5s" },
}
]]

local function slurp(path)
  local file <close> = assert(io.open(path, "rb"))
  return (file:read "a")
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local ZONE <const> = slurp "examples/example.com.zone"

--- A zone of the outside world, with this serial, its lines between SOA and end given.
local function outside_zone(origin, serial, lines)
  return ("$ORIGIN %s.\n$TTL 1\n@ SOA ns h %d 3600 600 86400 1\n@ NS ns\nns A 127.0.0.1\n%s"):format(
    origin, serial, lines)
end

local function shop(serial, address)
  return outside_zone("example.net", serial,
    ("shop.cdn CNAME edge\nedge A %s\nedge AAAA 2001:db8:7::10\n"):format(address))
end

local POOL <const> = outside_zone("example.org", 1, "eu.hosts A 198.51.100.21\nus.hosts A 198.51.100.22\n")

describe("the way of a zone", function()
  local folder, remove, outside, secondary, daemon

  local function start_outside(address, port)
    return nsd.start { port = port, zones = { ["example.net."] = shop(1, address), ["example.org."] = POOL } }
  end

  local function status()
    return cjson.decode(command.run("status", "--json", "--policy", folder .. "/policy.lua").out).zones[1]
  end

  local function await_state(state)
    return nsd.await("state " .. state, function()
      local zone = status()
      return zone.state == state and zone
    end)
  end

  local function await_answer(name, type, ...)
    local wanted = table.concat({ ... }, " ")
    nsd.await(("%s %s to be %s"):format(name, type, wanted), function()
      local lines = secondary:query(name, type) or {}
      for i, line in ipairs(lines) do
        lines[i] = line:match "%S+$"
      end
      return table.concat(lines, " ") == wanted
    end)
  end

  before_each(function()
    local listen = nsd.free_port()
    outside = start_outside "203.0.113.10"
    secondary = nsd.start { secondary = { "example.com." }, primary = "127.0.0.1:" .. listen, key = KEY }
    folder, remove = command.folder {
      ["policy.lua"] = POLICY:gsub("@%u+@", {
        ["@LISTEN@"] = listen, ["@OUTSIDE@"] = outside.server, ["@SECONDARY@"] = secondary.server,
      }),
      ["example.com.zone"] = ZONE,
      ["transfer.key"] = ('key "transfer" { algorithm hmac-sha256; secret "%s"; };\n'):format(KEY.secret),
    }
    assert(os.execute("chmod 600 " .. folder .. "/transfer.key"))
    daemon = daemons.start(folder)
    await_answer("example.com.", "A", "203.0.113.10")
  end)

  after_each(function()
    daemon:stop "TERM"
    secondary:stop()
    outside:stop()
    remove()
  end)

  it("brings standard records, and only those, to a secondary", function()
    await_answer("app.example.com.", "A", "198.51.100.21", "198.51.100.22")
    await_answer("old.example.com.", "AAAA", "2001:db8::80")
    local records = table.concat(secondary:transfer "example.com.", "\n")
    assert.matches("_sip%._tcp%.example%.com%. 3600 IN SRV 10 60 5061 sip%.example%.com%.", records)
    assert.matches('example%.com%. 3600 IN HTTPS 1 %. alpn="h2,h3"', records)
    for _, type in ipairs { "ALIAS", "POOL", "URL", "TYPE65" } do
      assert.is_nil(records:find(type, 1, true))
    end
    assert.equal(2026112301, secondary:serial "example.com.")
    assert.equal("ok", await_state("ok").targets[1].state)
  end)

  it("follows the address behind an ALIAS, under a serial of its own", function()
    outside:reload("example.net.", shop(2, "203.0.113.99"))
    await_answer("example.com.", "A", "203.0.113.99")
    assert.equal(2026112302, secondary:serial "example.com.")
  end)

  it("keeps the last good addresses when the outside world is gone, also over a kill", function()
    await_state "ok"
    local port = outside.port
    outside:stop()
    local zone = await_state "stale-alias"
    assert.equal(2026112301, zone.serial)

    daemon:stop "KILL"
    daemon = daemons.start(folder)
    zone = await_state "stale-alias"
    assert.equal(2026112301, zone.serial)
    assert.same({ "example.com. 1 IN A 203.0.113.10" }, (secondary:query("example.com.", "A")))

    -- What the owner edits meanwhile is published, with the addresses that are remembered.
    write(folder .. "/example.com.zone", ZONE .. "new A 192.0.2.77\n")
    await_answer("new.example.com.", "A", "192.0.2.77")
    await_answer("example.com.", "A", "203.0.113.10")

    outside = start_outside("203.0.113.55", port)
    await_answer("example.com.", "A", "203.0.113.55")
    await_state "ok"
  end)

  it("never passes on a broken zone, and says what the owner can do", function()
    local served = secondary:transfer "example.com."
    write(folder .. "/example.com.zone", ZONE .. "www MX 10 mail\nnew A 192.0.2.77\n")
    local zone = await_state "invalid"
    local finding = zone.findings.list[1]
    assert.equal("cname.coexist", finding.id)
    assert.equal("www.example.com.", finding.owner)
    assert.is_true(#finding.options > 1)
    assert.matches("error cname%.coexist: www%.example%.com%. has CNAME and MX", slurp(folder .. "/log"))
    assert.same(served, secondary:transfer "example.com.")

    write(folder .. "/example.com.zone", ZONE .. "new A 192.0.2.77\n")
    await_answer("new.example.com.", "A", "192.0.2.77")
    await_state "ok"
  end)

  it("catches up with a secondary that was down", function()
    local port = secondary.port
    secondary:stop()
    write(folder .. "/example.com.zone", ZONE .. "new A 192.0.2.77\n")
    nsd.await("a new publication", function() return status().serial == 2026112302 end)
    secondary = nsd.start {
      secondary = { "example.com." }, primary = slurp(folder .. "/policy.lua"):match 'listen%s*= "([^"]+)"',
      key = KEY, port = port,
    }
    await_answer("new.example.com.", "A", "192.0.2.77")
    await_state "ok"
  end)
end)

describe("make demo", function()
  it("shows the whole story and leaves nothing running", function()
    local folder, remove = command.folder {}
    local result = command.shell(("TMPDIR=%s UNDERSTUDY=$understudy examples/demo"):format(folder))
    assert.equal("", result.err)
    assert.equal(0, result.status)
    for _, line in ipairs {
      "example.com. 2 IN A 203.0.113.10", "example.com. 2 IN A 203.0.113.99", "stale-alias",
      "error cname.coexist: www.example.com. has CNAME and MX", "new.example.com. 3600 IN A 192.0.2.77",
    } do
      assert.truthy(result.out:find(line, 1, true), line)
    end
    assert.equal("", command.shell("ls " .. folder).out)
    assert.equal(1, command.shell("pgrep -f " .. folder:gsub("%w$", "[%0]")).status)
    remove()
  end)
end)
