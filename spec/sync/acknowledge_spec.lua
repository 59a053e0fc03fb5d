-- Findings that a person accepts until a time, in a world whose time the tests have in hand; and by the command.
local command = require "spec.support.command"
local simulation = require "spec.sync.simulation"

local NAME <const> = "example.com."
local HOUR <const> = 3600

local function started(records, policy)
  local world = simulation.new { policy = policy }
  world:edit(simulation.zone_text(10, records))
  world:start()
  world:run(5)
  return world
end

local function finding_of(world, id)
  for _, finding in ipairs(world:status().findings.list) do
    if finding.id == id then
      return finding
    end
  end
end

local function acknowledge(world, finding, seconds)
  local ok, err = world:await(function()
    return world.sync:acknowledge(NAME, {
      fingerprint = finding.fingerprint, who = "ann", reason = "known", ["until"] = world.clock.now() + seconds,
    })
  end)
  world:run(5)
  return ok, err
end

local LOOP <const> = "a CNAME b\nb CNAME a"

describe("an acknowledged finding", function()
  it("holds nothing back until its time is over, and is told apart from others", function()
    local world = started(LOOP)
    assert.equal("invalid", world:status().state)
    local finding = finding_of(world, "cname.loop")
    assert.truthy(acknowledge(world, finding, HOUR))
    local status = world:status()
    assert.equal("ok", status.state)
    assert.equal(10, status.serial)
    assert.equal(0, status.findings.errors)
    assert.is_nil(finding_of(world, "cname.loop"))
    assert.equal("cname.loop", status.findings.acknowledged[1].id)
    assert.same({ "ann", "known" }, {
      status.findings.acknowledged[1].acknowledged.who, status.findings.acknowledged[1].acknowledged.reason })
    world:run(HOUR)
    assert.equal("invalid", world:status().state)
    assert.truthy(finding_of(world, "cname.loop"))
    assert.equal(1, #world:logged "is not acknowledged any more, the time for it is over: known")
  end)

  it("is known after a restart, and can be taken back", function()
    local world = started(LOOP)
    local fingerprint = finding_of(world, "cname.loop").fingerprint
    assert.truthy(acknowledge(world, { fingerprint = fingerprint }, HOUR))
    world:start()
    world:run(5)
    assert.equal("ok", world:status().state)
    local wish = { fingerprint = fingerprint, who = "ann" }
    assert.truthy(world:await(function() return world.sync:withdraw(NAME, wish) end))
    world:run(5)
    assert.equal("invalid", world:status().state)
    local ok, err = world:await(function() return world.sync:withdraw(NAME, wish) end)
    assert.is_nil(ok)
    assert.equal("absent", err.code)
  end)

  it("stays acknowledged while the same is wrong in other words, and not when more is", function()
    local world = started(LOOP)
    assert.truthy(acknowledge(world, finding_of(world, "cname.loop"), HOUR))
    world:edit(simulation.zone_text(11, LOOP .. "\nx CNAME y\ny CNAME x"))
    world:run(5)
    local status = world:status()
    assert.equal("invalid", status.state)
    assert.equal(1, status.findings.errors)
    assert.equal(10, status.serial)
  end)

  it("can't be what secondaries refuse to load", function()
    local world = started "a CNAME b.example.org.\na TXT x"
    local finding = finding_of(world, "cname.coexist")
    local ok, err = acknowledge(world, finding, HOUR)
    assert.is_nil(ok)
    assert.equal("refused", err.code)
    assert.matches("cname%.coexist can't be acknowledged, for secondaries refuse such a zone", err.message)
    -- Nor by writing it into the store.
    assert(world.store:acknowledge { zone = NAME, fingerprint = finding.fingerprint, rule = finding.id, who = "eve",
      reason = "-", since = 0, ["until"] = world.clock.now() + HOUR })
    world:start()
    world:run(5)
    assert.equal("invalid", world:status().state)
  end)

  it("has to be there, and its time to come", function()
    local world = started(LOOP)
    local _, absent = acknowledge(world, { fingerprint = ("0"):rep(16) }, HOUR)
    assert.equal("absent", absent.code)
    local _, over = acknowledge(world, finding_of(world, "cname.loop"), -1)
    assert.equal("refused", over.code)
  end)

  it("does not hide errors that were only counted", function()
    local lines = {}
    for i = 1, 1100 do
      lines[i] = ("m%d CNAME m%d"):format(i, i)
    end
    local world = started(table.concat(lines, "\n"))
    for _, finding in ipairs(world:status().findings.list) do
      assert(world.store:acknowledge { zone = NAME, fingerprint = finding.fingerprint, rule = finding.id,
        who = "ann", reason = "-", since = 0, ["until"] = world.clock.now() + HOUR })
    end
    world:start()
    world:run(5)
    local status = world:status()
    assert.equal("invalid", status.state)
    assert.equal(1000, #status.findings.acknowledged)
    assert.equal(100, status.findings.errors)
  end)
end)

describe("an acknowledged finding from outside", function()
  local function outside(id, fingerprint)
    return { id = id, severity = "warning", fingerprint = fingerprint, message = id .. " is not there" }
  end

  local function ids(list)
    local found = {}
    for i, finding in ipairs(list) do
      found[i] = finding.id
    end
    return found
  end

  it("is told apart until its time is over, and over restarts; others are told of", function()
    local world = started("", "online = \"1h\",")
    world.outside = { outside("online.ns.answer", "a"), outside("online.target.absent", "b") }
    assert.truthy(acknowledge(world, { fingerprint = "b" }, 3 * HOUR)) -- before anybody has looked
    local online = world:status().online
    assert.same({ "online.ns.answer" }, ids(online.findings))
    assert.same({ "online.target.absent" }, ids(online.acknowledged))
    assert.equal("ann", online.acknowledged[1].acknowledged.who)
    assert.equal("online.target.absent is not there", world:status().acknowledgements[1].message)
    world:start()
    world:run(60)
    assert.same({ "online.target.absent" }, ids(world:status().online.acknowledged))
    assert.equal(1, #world:logged "warning online.target.absent", "only what was found before it was accepted")
    world:run(3 * HOUR)
    assert.same({ "online.ns.answer", "online.target.absent" }, ids(world:status().online.findings))
    assert.same({}, ids(world:status().online.acknowledged))
  end)

  it("holds no zone back, and neither does its end", function()
    local world = started("", "online = \"1h\",")
    world.outside = { outside("online.ns.answer", "a") }
    world:run(60)
    assert.truthy(acknowledge(world, { fingerprint = "a" }, HOUR))
    assert.equal("ok", world:status().state)
    assert.truthy(world:await(function()
      return world.sync:withdraw(NAME, { fingerprint = "a", who = "ann" })
    end))
    world:run(5)
    assert.same({ "ok", { "online.ns.answer" } }, { world:status().state, ids(world:status().online.findings) })
  end)
end)

describe("understudy acknowledge", function()
  local ZONE <const> = [[
$TTL 600
@ SOA ns1.servers.info. hostmaster.servers.info. 7 14400 3600 1209600 300
@ NS ns1.servers.info.
@ NS ns2.servers.info.
a CNAME b
b CNAME a
]]

  it("accepts what status shows, and check and plan know of it", function()
    local folder, remove = command.folder {
      ["understudy.lua"] = ([[return policy {
        listen = "127.0.0.1:%d",
        source = source.file "%%s.zone",
        targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
        zones = { "example.com" },
        retry = backoff { first = "0.1s", max = "0.2s" },
      }]]):format(require("spec.support.nsd").free_port()),
      ["example.com.zone"] = ZONE,
    }
    finally(remove)
    local function shell(line)
      return command.shell(("cd %s && %s"):format(command.quoted(folder), line))
    end
    local fingerprint = shell("$understudy plan").out
      :match "understudy acknowledge example%.com%. (%x+) %-%-until 30d %-%-why TEXT"
    assert.equal(16, #fingerprint)
    assert.equal(2, shell("$understudy acknowledge example.com " .. fingerprint).status)
    assert.equal(2, shell("$understudy acknowledge example.com " .. fingerprint
      .. " --why x --until 2026-02-30").status)
    local done = shell("$understudy acknowledge example.com " .. fingerprint
      .. " --by ann --why 'a test' --until 30d")
    assert.equal(0, done.status, done.err)
    assert.matches("is acknowledged until %d+%-%d+%-%d+T", done.out)
    assert.matches("acknowledged cname%.loop " .. fingerprint .. " by ann until .*Z: a test",
      shell("$understudy status").out)
    assert.matches("nothing to do", shell("$understudy plan").out)
    local checked = shell "$understudy check --origin example.com --policy understudy.lua example.com.zone"
    assert.equal(0, checked.status)
    assert.matches("acknowledged by ann", checked.out)
    assert.equal(1, shell("$understudy check --origin example.com example.com.zone").status)
    local sarif = require("cjson").decode(shell([[$understudy check --origin example.com --policy understudy.lua \
      --format sarif example.com.zone]]).out)
    assert.same({ { kind = "external", status = "accepted", justification = "ann: a test" } },
      sarif.runs[1].results[1].suppressions)
    assert.equal(0, shell("$understudy acknowledge example.com " .. fingerprint .. " --withdraw").status)
    assert.equal(1, shell("$understudy plan").status)
  end)
end)
