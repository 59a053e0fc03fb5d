-- What a policy says of rules decides what a daemon publishes to a real secondary, and what its status tells.
local command = require "spec.support.command"
local nsd = require "spec.support.nsd"

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "%s" } },
  zones   = { "example.com" },
  checks  = { %s },
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = [[
$TTL 600
@    SOA   ns1.servers.info. hostmaster.servers.info. %d 14400 3600 1209600 300
@    NS    ns1.servers.info.
@    NS    ns2.servers.info.
mail CNAME mx.servers.info.
%s
]]

describe("checks of a policy in the daemon", function()
  local folder, remove, server, port

  before_each(function()
    port = nsd.free_port()
    server = nsd.start { secondary = { "example.com." }, primary = "127.0.0.1:" .. port }
    folder, remove = command.folder {}
  end)

  after_each(function()
    server:stop()
    remove()
  end)

  local function write(name, text)
    local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(text)
  end

  -- Publishes a zone by a policy with these checks.
  local function sync(checks, serial, records)
    write("understudy.lua", POLICY:format(port, server.server, checks))
    write("example.com.zone", ZONE:format(serial, records))
    return command.shell(("cd %s && $understudy sync"):format(command.quoted(folder)))
  end

  it("refuse by default, publish what is lowered with a reason, and refuse what is raised", function()
    local refused = sync("", 1, "@ MX 10 mail")
    assert.equal(1, refused.status)
    assert.matches("error mx%.cname: ", refused.out)
    assert.is_nil(server:serial "example.com.")

    local lowered = sync([[adjust { rule = "mx.cname", severity = "warning", reason = "moves in May" }]], 1,
      "@ MX 10 mail")
    assert.equal(0, lowered.status, lowered.err)
    assert.matches("warning mx%.cname: ", lowered.out)
    assert.matches("rule mx%.cname is warning: moves in May\n", lowered.out)
    server:await_serial("example.com.", 1)

    local raise = [[set = "lenient", adjust { rule = "ttl.zero", severity = "error", owner = "%s", reason = "load" }]]
    local raised = sync(raise:format "www", 2, "www 0 A 192.0.2.1")
    assert.equal(1, raised.status)
    assert.matches("invalid", raised.out)
    assert.matches("error ttl%.zero: ", raised.out)
    assert.equal(1, server:serial "example.com.")

    local by_pattern = sync(raise:gsub("owner", "matching"):format "w*", 2, "www 0 A 192.0.2.1")
    assert.equal(1, by_pattern.status)
    assert.matches("rule ttl%.zero is error matching w%*: load\n", by_pattern.out)

    local elsewhere = sync(raise:format "db", 2, "www 0 A 192.0.2.1")
    assert.equal(0, elsewhere.status, elsewhere.err)
    server:await_serial("example.com.", 2)
  end)

  it("can't lower what secondaries refuse: the policy does not load, and nothing changes", function()
    local result = sync([[set = "lenient", adjust { rule = "cname.coexist", severity = "off", reason = "x" }]], 1,
      "mail TXT x")
    assert.equal(2, result.status)
    assert.matches("understudy%.lua:6: checks%[1%]%.severity: cname%.coexist stays an error", result.err)
    local lenient = sync([[set = "lenient"]], 1, "mail TXT x")
    assert.equal(1, lenient.status)
    assert.matches("error cname%.coexist", lenient.out)
    assert.is_nil(server:serial "example.com.")
  end)
end)
