-- plan, run, status and sync: the commands that go by a policy, with a real NSD as the secondary.
local cjson = require "cjson"
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"

local SECRET <const> = ("c2VjcmV0"):rep(5) .. "c2U="

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:@LISTEN@",
  source  = source.file "%s.zone",
  targets = { target.secondary "ns-b" {
    transfer = "127.0.0.1", notify = "127.0.0.1:@NSD@", key = key "transfer.key",
  } },
  zones   = { "example.com" },
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = [[
$ORIGIN example.com.
$TTL 1h
@     SOA    ns1 hostmaster 7 4h 1h 2w 5m
      NS     ns1
      NS     ns2.example.net.
ns1   A      192.0.2.53
www   A      192.0.2.1
]]

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

describe("a command that goes by a policy", function()
  local folder, remove, secondary
  before_each(function()
    local listen = nsd.free_port()
    secondary = nsd.start {
      secondary = { "example.com." }, primary = "127.0.0.1:" .. listen,
      key = { name = "transfer", algorithm = "hmac-sha256", secret = SECRET },
    }
    folder, remove = command.folder {
      ["understudy.lua"] = POLICY:gsub("@LISTEN@", listen):gsub("@NSD@", secondary.port),
      ["example.com.zone"] = ZONE,
      ["transfer.key"] =
        ('key "transfer" { algorithm hmac-sha256; secret "%s"; };\n'):format(SECRET),
    }
    assert(os.execute("chmod 600 " .. folder .. "/transfer.key"))
  end)
  after_each(function()
    secondary:stop()
    remove()
  end)

  local function run(name, ...)
    return command.run(name, "--policy", folder .. "/understudy.lua", ...)
  end

  it("plans a first publication, and writes nothing", function()
    local before = command.shell("ls " .. folder).out
    local result = run "plan"
    assert.equal("", result.err)
    assert.equal("example.com.  would publish serial 7, the first, with 5 records\n", result.out)
    assert.equal(1, result.status)
    assert.equal(before, command.shell("ls " .. folder).out)
  end)

  it("says that nothing is known when there never was a daemon", function()
    local result = run "status"
    assert.equal("", result.err)
    assert.matches("^No daemon is running", result.out)
    assert.matches("\nexample%.com%.  pending\n", result.out)
    assert.matches("\n  → start the daemon: understudy run\n", result.out)
    assert.equal(1, result.status)
  end)

  it("keeps the secondary in step, and tells how it is", function()
    local daemon <close> = daemons.start(folder, { policy = "understudy.lua" })

    local result = run("sync", "example.com")
    assert.equal("", result.err)
    assert.matches("^example%.com%.  ok  serial 7, 5 records, published", result.out)
    assert.equal(0, result.status)
    assert.equal(7, secondary:serial "example.com.")

    result = run "status"
    assert.matches("\n  target ns%-b  ok  serves serial 7\n", result.out)
    assert.equal(0, result.status)
    assert.is_true(cjson.decode(run("status", "--json").out).running)

    result = run "plan"
    assert.equal("example.com.  nothing to do, serial 7 is up to date\n", result.out)
    assert.equal(0, result.status)

    write(folder .. "/example.com.zone", (ZONE:gsub("192%.0%.2%.1\n", "192.0.2.7\n")))
    assert.equal(0, run("sync").status)
    assert.equal(8, secondary:serial "example.com.")

    write(folder .. "/example.com.zone", ZONE .. "www CNAME ns1\n")
    for _, name in ipairs { "sync", "status", "plan" } do
      result = run(name)
      assert.equal(1, result.status)
      assert.matches("error cname%.coexist: www%.example%.com%.", result.out)
    end
    assert.equal(8, secondary:serial "example.com.")

    assert.equal(0, daemon:stop "TERM")
    result = run "status"
    assert.matches("^No daemon is running", result.out)
    assert.matches("\nexample%.com%.  invalid  serial 8, ", result.out)
    assert.equal(1, result.status)

    -- A daemon that runs can publish a change before it is planned.
    write(folder .. "/example.com.zone", ZONE)
    result = run("plan", "--json")
    local step = cjson.decode(result.out).zones[1]
    assert.same({ "publish", 8, 9 }, { step.action, step.from, step.to })
    assert.equal("www.example.com.", step.diff.changes[2].owner)
    assert.equal(1, result.status)
  end)

  it("brings a zone to its secondary when no daemon runs", function()
    local result = run "sync"
    assert.equal("", result.err)
    assert.matches("^example%.com%.  ok  serial 7, ", result.out)
    assert.equal(0, result.status)
    assert.equal(7, secondary:serial "example.com.")
  end)

  it("suggests the zone that was meant", function()
    local result = run("plan", "exmple.com")
    assert.equal(2, result.status)
    assert.matches("unknown zone 'exmple%.com', did you mean 'example%.com%.'", result.err)
  end)

  it("shows what is wrong with a policy", function()
    write(folder .. "/understudy.lua", "return policy { zoens = {} }\n")
    for _, name in ipairs { "plan", "status", "sync", "run" } do
      local result = run(name)
      assert.equal(2, result.status)
      assert.matches("understudy%.lua:1: .*zoens", result.err)
    end
  end)

  it("says where policies are looked for", function()
    local result = command.shell(("cd %s && mkdir none && cd none && %s plan"):format(folder,
      command.quoted(command.program)))
    assert.equal(2, result.status)
    assert.matches("no policy: there is neither understudy%.lua nor /etc/understudy/policy%.lua",
      result.err)
  end)
end)
