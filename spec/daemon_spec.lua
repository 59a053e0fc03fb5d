-- The daemon as a process of its own, with real secondaries where they matter.
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  source  = source.file "zones/%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "%s" } },
  zones   = { "example.com" },
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]

local function zone_text(serial, records)
  return ([[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. %d 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
%s
]]):format(serial, records or "")
end

local function write(name, text)
  local file <close> = assert(io.open(name, "wb"))
  file:write(text)
end

local function read(name)
  local file <close> = io.open(name, "rb")
  return file and file:read "a" or ""
end

describe("the daemon", function()
  local folder, remove

  -- A folder with a policy whose secondary is at `server`, and the daemon's port.
  local function prepare(port, server)
    folder, remove = command.folder {
      ["policy.lua"] = POLICY:format(port, server),
    }
    assert(os.execute("mkdir " .. folder .. "/zones"))
    finally(remove)
  end

  local function edit(text)
    write(folder .. "/zones/new", text)
    assert(os.rename(folder .. "/zones/new", folder .. "/zones/example.com.zone"))
  end

  it("brings a zone and its changes to a real secondary, and says how it stands", function()
    local port = nsd.free_port()
    local server <close> = nsd.start {
      secondary = { "example.com." }, primary = ("127.0.0.1:%d"):format(port),
    }
    prepare(port, server.server)
    edit(zone_text(1, "www A 192.0.2.1"))
    local daemon <close> = daemons.start(folder)
    assert.equal(("ready: serving 1 zone on 127.0.0.1:%d\n"):format(port), daemon:read "out")
    server:await_serial("example.com.", 1)
    edit(zone_text(2, "www A 192.0.2.2"))
    server:await_serial("example.com.", 2)
    assert.same({ "www.example.com. 60 IN A 192.0.2.2" }, (server:query("www.example.com.", "A")))
    edit(zone_text(3, "www A 192.0.2.3"))
    local result = assert(daemon:ask("POST", "/v1/zones/example.com/sync"))
    assert.same({ "ok", 3, true }, { result.state, result.serial, result.settled })
    assert.equal(3, server:serial "example.com.")
    local status = assert(daemon:ask("GET", "/v1/status"))
    assert.equal(("127.0.0.1:%d"):format(port), status.listen)
    assert.equal(tonumber(daemon:read "pid"), status.pid)
    assert.equal("ok", status.zones[1].targets[1].state)
    assert.equal(0, daemon:stop "TERM")
    assert.equal("absent", select(2, daemon:ask("GET", "/v1/status")).code)
  end)

  it("keeps its state to its owner", function()
    prepare(nsd.free_port(), "127.0.0.1:1")
    edit(zone_text(1))
    local daemon <close> = daemons.start(folder)
    assert.truthy(daemon)
    local modes = command.shell(("cd %s && stat -c '%%a' state state/understudy.db state/control.sock")
      :format(command.quoted(folder)))
    assert.equal("700\n600\n600\n", modes.out)
  end)

  it("serves the last publication again after it was killed, though its source is gone", function()
    local port = nsd.free_port()
    prepare(port, "127.0.0.1:1")
    edit(zone_text(7, "www A 192.0.2.1"))
    do
      local daemon <close> = daemons.start(folder)
      nsd.await("the publication", function()
        local zone = daemon:ask("GET", "/v1/zones/example.com")
        return zone and zone.serial == 7
      end)
      daemon:stop "KILL"
    end
    os.remove(folder .. "/zones/example.com.zone")
    local daemon <close> = daemons.start(folder)
    local zone = assert(daemon:ask("GET", "/v1/zones/example.com"))
    assert.equal(7, zone.serial)
    local answer = command.shell(("dig +short @127.0.0.1 -p %d example.com SOA"):format(port))
    assert.truthy(answer.out:find(" 7 3600 ", 1, true), answer.out)
  end)

  it("does not share its state with another", function()
    prepare(nsd.free_port(), "127.0.0.1:1")
    edit(zone_text(1))
    local daemon <close> = daemons.start(folder)
    assert.truthy(daemon)
    local second = command.shell(("cd %s && $understudy run --policy policy.lua"):format(command.quoted(folder)))
    assert.equal(2, second.status)
    assert.truthy(second.err:find(("another understudy (pid %d) uses"):format(daemon:read "pid"), 1, true),
      second.err)
  end)

  it("says why it does not start", function()
    prepare(1, "127.0.0.1:1")
    write(folder .. "/policy.lua", (POLICY:format(1, "127.0.0.1:1"):gsub("127.0.0.1:1\"", "192.0.2.1:1\"")))
    local failed = command.shell(("cd %s && timeout 20 $understudy run --policy policy.lua")
      :format(command.quoted(folder)))
    assert.equal(2, failed.status)
    assert.truthy(failed.err:find("192.0.2.1", 1, true), failed.err)
  end)

  it("answers requests that make no sense with errors", function()
    prepare(nsd.free_port(), "127.0.0.1:1")
    edit(zone_text(1))
    local daemon <close> = daemons.start(folder)
    for _, request in ipairs {
      { "GET", "/v1/zones/example.net", "absent" }, { "GET", "/v1/zones/%2e%2e", "absent" },
      { "GET", "/nothing", "absent" }, { "DELETE", "/v1/status", "refused" },
      { "GET", "/v1/zones/example.com/sync", "refused" }, { "GET", "/v1/zones/example.com/x", "absent" },
    } do
      local answer, err = daemon:ask(request[1], request[2])
      assert.is_nil(answer)
      assert.equal(request[3], err.code)
    end
  end)

  it("gives up the rights of the superuser once it listens", function()
    local other, why = command.as_nobody()
    if not other then
      return pending(why)
    end
    prepare(nsd.free_port(), "127.0.0.1:1")
    assert(os.execute("chmod 777 " .. folder))
    write(folder .. "/policy.lua", (read(folder .. "/policy.lua"):gsub("listen ", 'user = "nobody", %0')))
    local daemon <close> = daemons.start(folder)
    local status = read(("/proc/%d/status"):format(tonumber(daemon:read "pid")))
    local uid = io.popen("id -u nobody"):read "n"
    assert.matches(("Uid:\t%d\t%d\t%d\t%d\n"):format(uid, uid, uid, uid), status)
    assert.matches("CapEff:\t0+\n", status)
    assert.is_table(daemon:ask("GET", "/v1/status"))
  end)
end)
