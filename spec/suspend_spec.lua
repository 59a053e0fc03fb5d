-- A daemon that stood still for an hour, as on a machine that slept: it answers at once, and makes up for what it
-- missed. What becomes of its zones where others can take them is in takeover_spec.
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local false_clock = require "spec.support.false_clock"
local nsd = require "spec.support.nsd"
local socket = require "cqueues.socket"

local PATIENCE <const> = 10
local AT_ONCE <const> = 1 -- second

local POLICY <const> = [[
return policy {
  listen   = "127.0.0.1:%d",
  source   = source.file "%%s.zone",
  targets  = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "%s" } },
  zones    = { "a.example" },
  resolver = "%s",
  retry    = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. %d 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
www ALIAS host.example.org.
version TXT "%d"
]]

local HOST <const> = [[
$TTL 60
@ SOA ns hostmaster %d 7200 3600 1209600 30
@ NS ns
ns A 127.0.0.1
host A 192.0.2.%d
]]

describe("a daemon that stood still for an hour", function()
  local folder, port, daemon

  local function edit(version)
    command.replace(folder .. "/a.example.zone", ZONE:format(version, version))
  end

  local function signal(name)
    assert(os.execute(("kill -%s %s"):format(name, daemon:read "pid")))
  end

  it("answers at once, and publishes and delivers what changed meanwhile", function()
    port = nsd.free_port()
    local resolver <close> = nsd.start { zones = { ["example.org."] = HOST:format(1, 1) } }
    local secondary <close> = nsd.start { secondary = { "a.example." }, primary = "127.0.0.1:" .. port }
    local remove
    folder, remove = command.folder { ["policy.lua"] = POLICY:format(port, secondary.server, resolver.server) }
    finally(function()
      if daemon then
        daemon:stop()
      end
      remove()
    end)
    local clock, why = false_clock.new(folder, true)
    if not clock then
      return pending(why)
    end
    edit(1)
    daemon = daemons.start(folder, { words = clock.words })
    secondary:await_serial("a.example.", 1)
    local idle = assert(socket.connect { host = "127.0.0.1", port = port })
    assert(idle:connect(PATIENCE))
    signal "STOP"
    edit(2)
    resolver:reload("example.org.", HOST:format(2, 2))
    clock:set "+1h"
    signal "CONT"
    local began = cqueues.monotime()
    assert.matches(" 3600 600 ", command.shell(("dig +short +time=5 @127.0.0.1 -p %d a.example SOA"):format(port)).out)
    assert.is_true(cqueues.monotime() - began < AT_ONCE)
    nsd.await("all that changed; the log: " .. folder .. "/log", function()
      local served = table.concat(secondary:transfer "a.example." or {}, "\n")
      return served:find('"2"', 1, true) and served:find("192.0.2.2", 1, true)
    end, PATIENCE)
    idle:settimeout(PATIENCE)
    assert.is_nil(idle:read(1)) -- its time was over
    assert.is_nil(daemon:read "log":find("error:", 1, true))
    assert.equal("ok", assert(daemon:ask("GET", "/v1/status")).store.state)
    assert.equal(0, daemon:stop "TERM")
  end)
end)
