-- Trying a policy on what was, as a person does.
local command = require "spec.support.command"
local cjson = require "cjson"

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones   = { "example.com" },
  retry   = backoff { first = "0.1s", max = "0.2s" }, %s
}
]]

local ZONE <const> = [[
$TTL 3600
@ SOA ns1.example.net. hostmaster.example.net. %d 14400 3600 1209600 300
@ NS ns1.example.net.
@ NS ns2.example.net.
@ MX %d mail.example.net.
]]

describe("the command replay", function()
  it("shows what another policy would have made of it, and touches nothing", function()
    local port = require("spec.support.nsd").free_port()
    local folder, remove = command.folder {
      ["understudy.lua"] = POLICY:format(port, ""), ["new.lua"] = POLICY:format(port, 'guard = { protect = "@ MX" },'),
      ["one"] = ZONE:format(1, 10), ["two"] = ZONE:format(2, 20),
    }
    finally(remove)
    local function shell(line)
      return command.shell(("cd %s && %s"):format(command.quoted(folder), line))
    end
    shell "cp one example.com.zone; $understudy sync; cp two example.com.zone; $understudy sync"
    local before = shell("md5sum state/understudy.db").out
    local same = shell "$understudy replay --policy understudy.lua"
    assert.equal(0, same.status, same.err)
    assert.truthy(same.out:find("^example%.com%.  %d+ decisions, nothing would have come out otherwise"), same.out)
    assert.truthy(same.out:find("what is kept begins", 1, true))
    local tried = shell "$understudy replay --policy new.lua --since 1d"
    assert.equal(1, tried.status, tried.err)
    assert.truthy(tried.out:find("was:   serial 2 served\n", 1, true), tried.out)
    assert.truthy(tried.out:find("would: held, 4 records served %(%d added, %d removed%): example.com. MX would"),
      tried.out)
    local json = cjson.decode(shell("$understudy replay --policy new.lua --json").out)
    assert.same({ "ok", "held" }, { json.zones[1].differences[1].was.state, json.zones[1].differences[1].would.state })
    assert.equal(before, shell("md5sum state/understudy.db").out)
    assert.equal(2, shell("$understudy replay").status)
    assert.equal(2, shell("$understudy replay --policy new.lua --since yesterday").status)
    assert.equal(0, shell("mkdir none; cp new.lua none; cd none; $understudy replay --policy new.lua").status)
  end)
end)
