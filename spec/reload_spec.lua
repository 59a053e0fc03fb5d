-- A daemon that reads its policy again: by command and on SIGHUP, while it serves.
local command = require "spec.support.command"
local daemon = require "spec.support.daemon"
local loop = require "spec.support.loop"
local nsd = require "spec.support.nsd"
local tcp = require "understudy.net.tcp"
local wire = require "spec.support.wire"

local cjson = require "cjson"

local RECORDS <const> = 150000 -- more than sockets hold
local PATIENCE <const> = 30

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "%s", notify = "127.0.0.1:1" } },
  zones   = { %s },
  retry   = backoff { first = "0.1s", max = "0.2s" },
  %s
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

describe("a daemon's policy", function()
  local folder, remove, port

  local function write(name, text)
    command.replace(folder .. "/" .. name, text)
  end

  local function policy(zones, more, transfer)
    write("policy.lua", POLICY:format(port, transfer or "127.0.0.1", zones, more or ""))
  end

  local function shell(words)
    return command.shell(("cd %s && unset SUDO_USER; export USER=ann; $understudy %s --policy policy.lua"):format(
      command.quoted(folder), words))
  end

  local function soa(zone)
    return command.shell(("dig +tries=1 +time=2 @127.0.0.1 -p %d %s SOA"):format(port, zone)).out:match "status: (%u+)"
  end

  local function started()
    local running = daemon.start(folder)
    nsd.await("a.example", function()
      return soa "a.example" == "NOERROR"
    end)
    return running
  end

  before_each(function()
    folder, remove = command.folder {}
    port = nsd.free_port()
    for _, zone in ipairs { "a.example", "b.example" } do
      write(zone .. ".zone", zone_text(1, "www A 192.0.2.1"))
    end
    policy '"a.example"'
  end)

  after_each(function()
    remove()
  end)

  it("is taken up by a command that tells what changes, and does not before that", function()
    local _ <close> = started()
    policy([["b.example"]], [[refresh = "1m", user = "nobody",]])
    assert.equal("NOERROR", soa "a.example")
    local status = shell "status"
    assert.truthy(status.out:find("policy file is another one than that of .-: understudy reload\n"), status.out)
    local planned = shell "reload --plan"
    assert.equal(0, planned.status, planned.err)
    assert.truthy(planned.out:find("would be taken up", 1, true), planned.out)
    assert.equal("NOTAUTH", soa "b.example")
    local taken = shell "reload"
    assert.equal(0, taken.status, taken.err)
    for _, line in ipairs {
      "policy.lua: taken up\n", "  + zone b.example.\n",
      "  - zone a.example.  (not served and not delivered any more;",
      "    0 zones as before\n", "  settings that change: refresh\n", "  only a restart changes: user\n",
    } do
      assert.truthy(taken.out:find(line, 1, true), taken.out)
    end
    nsd.await("b.example", function()
      return soa "b.example" == "NOERROR"
    end)
    assert.equal("NOTAUTH", soa "a.example")
    status = shell "status"
    assert.is_nil(status.out:find "another one")
    assert.truthy(status.out:find("Only a restart takes up what the policy says of: user", 1, true), status.out)
    local again = cjson.decode(shell("reload --json").out)
    assert.same({ 1, "user" }, { again.zones.same, again.restart[1] })
  end)

  it("stays the one from before when the file is broken, and status says so until it is mended", function()
    local running <close> = started()
    write("policy.lua", "return policy {\n  zoens = {} }\n")
    local refused = shell "reload"
    assert.equal(1, refused.status)
    assert.truthy(refused.err:find("policy.lua:2: zoens: unknown option 'zoens'", 1, true), refused.err)
    assert.truthy(refused.err:find("the policy from before stays in use", 1, true), refused.err)
    write("policy.lua", "return policy {\n\n\n  zones = = }\n")
    running:hang_up()
    nsd.await("the reload to fail", function()
      local said = running:ask("GET", "/v1/status").policy.error
      return said and said.message:find("policy.lua:4:", 1, true) and said.who == "SIGHUP"
    end)
    local status = shell "status"
    assert.equal(1, status.status)
    assert.truthy(status.out:find("The policy can't be taken up; the one of .- stays in use %(reload by SIGHUP, "),
      status.out .. status.err)
    assert.truthy(status.out:find("  policy.lua:4: ", 1, true), status.out)
    assert.truthy(status.out:find "a.example.  %l+  serial 1", status.out)
    assert.equal("NOERROR", soa "a.example")
    assert.equal(1, cjson.decode(shell("status --json").out).zones[1].serial)
    policy '"a.example", "b.example"'
    running:hang_up()
    nsd.await("b.example", function()
      return soa "b.example" == "NOERROR"
    end)
    assert.is_nil(running:ask("GET", "/v1/status").policy.error)
    assert.is_nil(shell("status").out:find("can't be taken up", 1, true))
  end)

  it("takes access away at once, and lets a transfer go on that has begun", function()
    local lines = {}
    for i = 1, RECORDS do
      lines[i] = ('host-%d TXT "record number %d, and some octets more to make it long"'):format(i, i)
    end
    write("a.example.zone", zone_text(1, table.concat(lines, "\n")))
    local _ <close> = started()
    loop.run(function()
      local connection <close> = assert(tcp.connect("127.0.0.1", port, PATIENCE))
      assert(connection:write(wire.question { name = "a.example.", type = "AXFR" }, PATIENCE))
      local records, reloaded = 0, false
      repeat
        local octets = assert(connection:read(PATIENCE))
        records = records + string.unpack(">I2", octets, 7)
        if not reloaded then
          policy('"a.example"', "", "127.0.0.9")
          assert.equal(0, shell("reload").status)
          assert.equal("REFUSED", soa "a.example")
          reloaded = true
        end
      until records >= RECORDS + 4 -- the SOA twice, two NS
      assert.equal(RECORDS + 4, records)
    end)
  end)

  it("is checked by the command when no daemon runs", function()
    local result = shell "reload"
    assert.equal(1, result.status)
    assert.truthy(result.err:find("no daemon runs with the state folder", 1, true), result.err)
    write("policy.lua", "return policy { zoens = {} }\n")
    result = shell "reload"
    assert.equal(2, result.status)
    assert.truthy(result.err:find("policy.lua:1: ", 1, true), result.err)
  end)
end)
