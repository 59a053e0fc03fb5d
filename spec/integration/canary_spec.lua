-- Two real secondaries, one of them a canary: the other gets nothing before its time, told or asking by itself.
local cjson = require "cjson"
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"

local SOAK <const> = 3 -- seconds

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:@LISTEN@",
  source  = source.file "%s.zone",
  soak    = "3s",
  targets = {
    target.secondary "canary" { transfer = "127.0.0.1", notify = "@canary@", key = key "canary.key", canary = true },
    target.secondary "other" { transfer = "127.0.0.1", notify = "@other@", key = key "other.key" },
  },
  zones   = { "example.com" },
  retry   = schedule { "0.1s", "0.5s" },
}
]]

-- The refresh of one second lets secondaries ask by themselves.
local function zone_text(serial)
  return ([[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. %d 1 1 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
www A 192.0.2.%d
]]):format(serial, serial)
end

local function key_of(name)
  return { name = name, algorithm = "hmac-sha256", secret = ("c2VjcmV0"):rep(5) .. "c2U=" }
end

describe("a canary of two real secondaries", function()
  local folder, remove, daemon
  local daemons_policy
  local secondaries = {}

  local function write(name, text)
    command.replace(folder .. "/" .. name, text)
  end

  before_each(function()
    local listen = nsd.free_port()
    local words = { ["@LISTEN@"] = listen }
    for _, name in ipairs { "canary", "other" } do
      secondaries[name] = nsd.start {
        secondary = { "example.com." }, primary = "127.0.0.1:" .. listen, key = key_of(name),
      }
      words["@" .. name .. "@"] = secondaries[name].server
    end
    daemons_policy = POLICY:gsub("@%w+@", words)
    local files = { ["policy.lua"] = daemons_policy, ["example.com.zone"] = zone_text(1) }
    for name in pairs(secondaries) do
      files[name .. ".key"] = ('key "%s" { algorithm hmac-sha256; secret "%s"; };\n'):format(name, key_of(name).secret)
    end
    folder, remove = command.folder(files)
    assert(os.execute("chmod 600 " .. folder .. "/*.key"))
    daemon = daemons.start(folder)
    secondaries.other:await_serial("example.com.", 1)
  end)

  after_each(function()
    daemon:stop "TERM"
    secondaries.canary:stop()
    secondaries.other:stop()
    remove()
  end)

  local function status()
    return cjson.decode(command.run("status", "--json", "--policy", folder .. "/policy.lua").out).zones[1]
  end

  -- What verify says of the other, and the lines for a person; its exit status.
  local function verified()
    local words = { "verify", "--targets", "--policy", folder .. "/policy.lua" }
    local found, shown = {}, command.run(table.unpack(words)).out
    words[#words + 1] = "--json"
    local result = command.run(table.unpack(words))
    for _, verdict in ipairs(cjson.decode(result.out).zones[1].servers) do
      found[verdict.name] = verdict
    end
    return found, shown, result.status
  end

  it("waits rightly, as verify says, for what is soaking, and not when it has something else", function()
    daemon:stop "TERM"
    write("policy.lua", daemons_policy:gsub('"3s"', '"1h", grace = 0'))
    daemon = daemons.start(folder)
    local published = os.time()
    write("example.com.zone", zone_text(2))
    secondaries.canary:await_serial("example.com.", 2)
    local found, shown, code = verified()
    assert.equal(0, code, shown)
    assert.same({ "same", "behind", 1 }, { found.canary.verdict, found.other.verdict, found.other.serial })
    assert.truthy(math.abs(found.other.soaking_since - published) < 20)
    assert.matches("other +127%.0%.0%.1:%d+ +behind +serial 1, by %l+ %(soaking since %d+%-%d+%-%d+T[%d:]+Z%)", shown)
    assert.is_nil(found.canary.soaking_since)
    -- The canary has no such reason.
    secondaries.canary:control "stop"
    found, shown, code = verified()
    assert.same({ 1, "unreachable", "behind" }, { code, found.canary.verdict, found.other.verdict }, shown)
    -- Nor has one that serves something else than what was released.
    secondaries.other:stop()
    local wrong <close> = nsd.start { port = secondaries.other.port, zones = {
      ["example.com."] = "$ORIGIN example.com.\n" .. zone_text(1):gsub("192%.0%.2%.1", "192.0.2.99"),
    } }
    found, shown = verified()
    assert.same({ "differs", wrong.port }, { found.other.verdict, secondaries.other.port }, shown)
    assert.is_nil(found.other.soaking_since)
  end)

  it("lets the other have nothing at first, which verify finds right", function()
    daemon:stop "TERM"
    local port = secondaries.other.port
    secondaries.other:stop()
    local empty <close> = nsd.start { port = port, secondary = { "example.com." }, primary = "127.0.0.1:1" }
    write("policy.lua", daemons_policy:gsub('"3s"', '"1h", state = "fresh"'))
    daemon = daemons.start(folder, { state = folder .. "/fresh" })
    nsd.await("the canary to have it", function()
      return status().canary and status().targets[1].state == "ok"
    end)
    local found, shown, code = verified()
    assert.same({ "same", "behind" }, { found.canary.verdict, found.other.verdict }, empty:log())
    assert.matches("other +127%.0%.0%.1:%d+ +behind +it has nothing yet %(soaking since ", shown)
    assert.equal(0, code)
  end)

  it("gets a version first, and the other after its time, also over a restart", function()
    for serial = 2, 3 do
      write("example.com.zone", zone_text(serial))
      secondaries.canary:await_serial("example.com.", serial)
      local served_at = os.time()
      if serial == 3 then
        daemon:stop "TERM"
        daemon = daemons.start(folder)
      end
      secondaries.other:control "transfer example.com"
      while os.time() < served_at + SOAK - 1 do
        assert.equal(serial - 1, secondaries.other:serial "example.com.")
        require("cqueues").sleep(0.05)
      end
      assert.equal("pending", status().state)
      secondaries.other:await_serial("example.com.", serial)
      nsd.await("all to be well", function()
        return status().state == "ok"
      end)
    end
  end)

  it("that is down holds the other back, until a person says otherwise", function()
    secondaries.canary:control "stop"
    write("example.com.zone", zone_text(2))
    local held = nsd.await("the zone to be held", function()
      local zone = status()
      return zone.state == "held" and zone
    end)
    assert.truthy(held.why:find("canary canary: ", 1, true), held.why)
    local shown = command.run("status", "--policy", folder .. "/policy.lua").out
    assert.truthy(shown:find("  canary canary", 1, true), shown)
    assert.truthy(shown:find("; the other targets keep serial 1", 1, true), shown)
    assert.equal(1, secondaries.other:serial "example.com.")
    local approved = command.run("approve", "--policy", folder .. "/policy.lua", "example.com", held.plan)
    assert.equal(0, approved.status, approved.err)
    secondaries.other:await_serial("example.com.", 2)
  end)
end)
