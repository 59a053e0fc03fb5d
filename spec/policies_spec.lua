-- Two daemons that share a PostgreSQL and go by policies that differ in a guard, a target and a zone: each says so
-- until both go by the same. No secret of a policy is in the database.
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"
local postgresql = require "spec.support.postgresql"

local SECRET <const> = "dGhpcyBtdXN0IG5vdCBiZSBpbiB0aGUgZGF0YWJhc2U="
local PASSWORD <const> = "pa55word-untold"

local KEY <const> = ("key \"k\" { algorithm hmac-sha256; secret \"%s\"; };\n"):format(SECRET)

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  store   = %s,
  source  = source.file "%s/%%s.zone",
  targets = {
    target.secondary "nsd" { transfer = "127.0.0.1", notify = "127.0.0.1:1", key = key "k.key" }, %s
  },
  zones   = { "a.example", "b.example", %s },
  guard   = { max_removed = "%d%%" },
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]
local KNOT <const> = [[target.secondary "knot" { transfer = "127.0.0.2", notify = "127.0.0.1:1" }]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. 1 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
]]

-- A daemon at a store, with a function that gives it another policy.
local function start(zones, store, ...)
  local function text(knot, more_zones, guard)
    return POLICY:format(nsd.free_port(), ("postgresql %q"):format(store:gsub("^postgresql ", "") .. " password="
      .. PASSWORD), zones, knot, more_zones, guard)
  end
  local folder, remove = command.folder { ["policy.lua"] = text(...), ["k.key"] = KEY }
  assert(os.execute(("chmod 600 %s/k.key"):format(folder)))
  local daemon = daemons.start(folder)
  return setmetatable({
    folder = folder,
    others = function()
      return daemon:ask("GET", "/v1/status").other_policies
    end,
    log = function()
      return daemon:read "log"
    end,
    name = function()
      return daemon:read("pid"):match "%d+"
    end,
    change = function(...)
      local file <close> = assert(io.open(folder .. "/policy.lua", "wb"))
      file:write(text(...))
      file:close()
      daemon:hang_up()
    end,
  }, { __close = function()
    daemon:stop()
    remove()
  end })
end

-- What is said of the daemon that has a number of a process, by another one.
local function await_message(daemon, of)
  local message
  nsd.await("the other policy to be seen", function()
    local others = daemon.others()
    message = #others == 1 and others[1].message:find("-" .. of.name(), 1, true) and others[1].message
    return message
  end)
  return message
end

describe("two daemons at a database with policies that differ", function()
  it("say who has which zones under other settings, what differs, and when it is the same again", function()
    local server <close> = postgresql.start()
    local store, name = server:database()
    local zones, remove = command.folder { ["a.example.zone"] = ZONE, ["b.example.zone"] = ZONE,
      ["c.example.zone"] = ZONE }
    finally(remove)
    local first <close> = start(zones, store, "", [["c.example"]], 50)
    local second <close> = start(zones, store, KNOT, "", 30)

    local said = await_message(first, second)
    for _, part in ipairs {
      "1 zone only in the policy of this daemon (c.example.)",
      "2 zones under other settings (a.example., b.example.): guard: max_removed is 0.5 here and 0.3 there; "
        .. "target knot: only in the policy of ",
    } do
      assert.truthy(said:find(part, 1, true), said)
    end
    said = await_message(second, first)
    for _, part in ipairs { "1 zone only in the policy of ", "guard: max_removed is 0.3 here and 0.5 there",
      "target knot: only in the policy of this daemon" } do
      assert.truthy(said:find(part, 1, true), said)
    end

    local status = command.run("status", "--policy", first.folder .. "/policy.lua")
    assert.equal(1, status.status)
    assert.truthy(status.out:find("\npolicy  differs  the daemon ", 1, true)
      or status.out:find("^policy  differs  the daemon "), status.out)
    assert.truthy(status.out:find("understudy reload", 1, true), status.out)
    local doctor = command.run("doctor", "--policy", second.folder .. "/policy.lua")
    assert.truthy(doctor.out:find("warning  state      daemon %d+: the daemon %S+ at the same store goes by another"),
      doctor.out)
    local metrics = command.run("status", "--metrics", "--policy", first.folder .. "/policy.lua")
    assert.truthy(metrics.out:find("\nunderstudy_policy_differing_zones 3\n", 1, true), metrics.out)

    for _, daemon in ipairs { first, second } do
      nsd.await("the log", function()
        return daemon.log():find("goes by another policy", 1, true)
      end)
    end
    local dump = command.shell(("pg_dump -h %s -U understudy %s"):format(server.folder, name))
    local export = command.run("store", "export", "--policy", first.folder .. "/policy.lua")
    for _, text in ipairs { dump.out, export.out } do
      assert.truthy(text:find("guard: max_removed = 0.5", 1, true))
      assert.is_nil(text:find(SECRET, 1, true))
      assert.is_nil(text:find(PASSWORD, 1, true))
    end
    assert.equal("3 3", (server:sql("SELECT (SELECT COUNT(*) FROM zones WHERE settings IS NOT NULL) || ' ' || "
      .. "(SELECT COUNT(DISTINCT zone) FROM publications WHERE settings IS NOT NULL)", name):match "%d+ %d+"))

    second.change("", [["c.example"]], 50)
    nsd.await("both to see that it is the same policy", function()
      return #first.others() == 0 and #second.others() == 0
    end)
    for _, daemon in ipairs { first, second } do
      nsd.await("the log of it", function()
        return daemon.log():find("goes by the same policy again", 1, true)
      end)
      assert.equal(1, select(2, daemon.log():gsub("goes by another policy", "")))
    end
    metrics = command.run("status", "--metrics", "--policy", second.folder .. "/policy.lua")
    assert.truthy(metrics.out:find("\nunderstudy_policy_differing_zones 0\n", 1, true), metrics.out)
  end)
end)
