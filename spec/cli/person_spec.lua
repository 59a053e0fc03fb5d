-- What a person can do about a zone, with a daemon and without one.
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones   = { "example.com" },
  guard   = { protect = "@ MX" },
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. %d 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
@ MX %d mail.example.net.
]]

describe("a person", function()
  local folder, remove

  before_each(function()
    folder, remove = command.folder {
      ["understudy.lua"] = POLICY:format(require("spec.support.nsd").free_port()),
    }
  end)

  after_each(function()
    remove()
  end)

  local function shell(line)
    return command.shell(("cd %s && USER=ann; unset SUDO_USER; export USER; %s"):format(command.quoted(folder), line))
  end

  local function edit(serial, preference)
    command.replace(folder .. "/example.com.zone", ZONE:format(serial, preference))
  end

  -- The same with and without a daemon.
  local function story()
    edit(1, 10)
    shell "$understudy sync"
    edit(2, 20)
    local held = shell "$understudy sync"
    assert.equal(1, held.status, held.err)
    local plan = held.out:match "approve example%.com%. (%x+)"
    assert.truthy(plan, held.out)
    local shown = shell "$understudy plan"
    assert.truthy(shown.out:find("+example.com.\t60\tIN\tMX\t20", 1, true), shown.out)
    assert.truthy(shown.out:find("approve example.com. " .. plan, 1, true), shown.out)
    local wrong = shell "$understudy approve example.com 0000000000000000"
    assert.equal(1, wrong.status)
    local approved = shell("$understudy approve example.com " .. plan)
    assert.equal(0, approved.status, approved.err)
    shell "$understudy sync"
    local frozen = shell "$understudy freeze example.com --reason holiday --for 1h"
    assert.equal(0, frozen.status, frozen.err)
    local status = shell "$understudy status"
    assert.truthy(status.out:find("frozen by ann: holiday", 1, true), status.out)
    assert.equal(0, shell("$understudy thaw example.com").status)
    assert.equal(1, shell("$understudy thaw example.com").status)
    local back = shell "$understudy rollback example.com 1"
    assert.equal(0, back.status, back.err)
    assert.truthy(back.out:find("serial 3 has the content of 1", 1, true), back.out)
    local history = shell "$understudy history example.com"
    assert.truthy(history.out:find("3 .-rolled back to serial 1 %(ann%)\n2 .-%(ann%)\n1 "), history.out)
    local explained = shell "$understudy explain example.com @"
    assert.truthy(explained.out:find("served: serial 3, .-: rolled back to serial 1, by ann"), explained.out)
    assert.truthy(explained.out:find("example.com. 60 MX 10 mail.example.net.", 1, true), explained.out)
    local all = require("cjson").decode(shell("$understudy history --json example.com").out)
    assert.equal(3, #all.publications)
    assert.equal(2, shell("$understudy history example.net").status)
    assert.equal(2, shell("$understudy freeze example.com").status)
  end

  it("approves, freezes, rolls back and asks why, while no daemon runs", story)

  it("does so through the daemon", function()
    edit(1, 10)
    local daemon <close> = daemons.start(folder, { policy = "understudy.lua" })
    assert.is_not_nil(daemon)
    story()
  end)
end)
