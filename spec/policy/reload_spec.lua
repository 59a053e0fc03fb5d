-- What another reading of a policy changes, and what stays the very same.
local policy = require "understudy.policy"
local policy_reload = require "understudy.policy.reload"

local function read(text)
  return assert(policy.parse(text, "policy.lua"))
end

local HEAD <const> = [[
local b = target.secondary "b" { transfer = "192.0.2.1", notify = "192.0.2.1" }
local c = target.secondary "c" { transfer = "192.0.2.2", notify = "192.0.2.2" }
]]

local function with(zones, settings)
  return read(HEAD .. ([[return policy {
    source = source.file "%%s.zone", targets = { b }, zones = { %s }, %s }]]):format(zones, settings or ""))
end

local function succeed(old, new)
  return policy_reload.succeed(old, new)
end

describe("a policy that is read again", function()
  it("changes nothing when it says the same, and keeps sources and targets", function()
    local old, new = with [["a.example", "b.example"]], with [[ "b.example", "a.example" ]]
    local plan = succeed(old, new)
    assert.same({ added = {}, removed = {}, changed = {}, same = 2 }, plan.zones)
    assert.same({ added = {}, removed = {}, changed = {} }, plan.targets)
    assert.same({ {}, {}, false }, { plan.settings, plan.restart, plan.judge })
    assert.equal(old.zones[1].source, new.zones[1].source)
    assert.equal(old.zones[1].targets[1], new.zones[1].targets[1])
  end)

  it("tells which zones come, go and change, and in what", function()
    local old = with [["a.example", "b.example", "gone.example", zone "c.example" { targets = { b, c } } ]]
    local new = with [["a.example", zone "b.example" { source = source.file "other" },
      zone "c.example" { targets = { c, b }, checks = { set = "strict" } }, "new.example",
      zone "d.example" { targets = { c } } ]]
    local plan = succeed(old, new)
    assert.same({
      added = { "new.example.", "d.example." }, removed = { "gone.example." }, same = 1,
      changed = { { name = "b.example.", what = { "source" } }, { name = "c.example.", what = { "checks" } } },
    }, plan.zones)
    assert.equal(old.zones[1].source, new.zones[4].source)
    assert.equal(old.zones[4].targets[2], new.zones[5].targets[1])
  end)

  it("tells which targets come, go and change", function()
    local old = with([["a.example", zone "b.example" { targets = { c } } ]])
    local new = read(HEAD:gsub("192.0.2.1\" }", "192.0.2.7\" }") .. [[
      local d = target.secondary "d" { transfer = "192.0.2.3", notify = "192.0.2.3" }
      return policy { source = source.file "%s.zone", targets = { b, d }, zones = { "a.example", "b.example" } }]])
    local plan = succeed(old, new)
    assert.same({ added = { "d" }, removed = { "c" }, changed = { "b" } }, plan.targets)
    assert.same({ { name = "a.example.", what = { "targets" } }, { name = "b.example.", what = { "targets" } } },
      plan.zones.changed)
  end)

  it("keeps what only a restart can change, and says so", function()
    local old, new = with([["a.example"]]), with([["a.example"]], [[listen = "127.0.0.1:5300", state = "elsewhere"]])
    local plan = succeed(old, new)
    assert.same({ "listen", "state" }, plan.restart)
    assert.same({}, plan.settings)
    assert.equal("127.0.0.1:53", new.listen[1].text)
    assert.equal(old.state, new.state)
    assert.same({ "listen", "state" }, succeed(new, with([["a.example"]],
      [[listen = "127.0.0.1:5300", state = "elsewhere"]])).restart)
  end)

  it("has all zones judged again only when that may come out otherwise", function()
    local plan = succeed(with([["a.example"]]), with([["a.example"]], [[refresh = "9m", keep = { age = "1d" } ]]))
    assert.same({ "keep", "refresh" }, plan.settings)
    assert.is_false(plan.judge)
    plan = succeed(with([["a.example"]]), with([["a.example"]], [[guard = { protect = "@ MX" } ]]))
    assert.same({ { "guard" }, true }, { plan.settings, plan.judge })
  end)

  it("takes a catalog for another when its members are", function()
    local function catalog(zones)
      return with([[zone "catalog.example" { source = source.catalog {} }, ]] .. zones)
    end
    local plan = succeed(catalog [["a.example"]], catalog [["a.example"]])
    assert.equal(2, plan.zones.same)
    plan = succeed(catalog [["a.example"]], catalog [["a.example", "b.example"]])
    assert.same({ { name = "catalog.example.", what = { "source" } } }, plan.zones.changed)
  end)

  it("tells its folder of state even when it is broken", function()
    local function folder(text)
      local path = os.tmpname()
      finally(function()
        os.remove(path)
      end)
      local file <close> = assert(io.open(path, "wb"))
      file:write(text)
      file:close()
      return (policy.state_folder(path):gsub("^.*/", ""))
    end
    assert.equal("state", folder "return policy { zones = { } }")
    assert.equal("var", folder [[return policy { state = "var", zoens = { } }]])
    assert.equal("var", folder [[return policy { state = "var" zones = { } }]])
    assert.equal("none", (policy.state_folder "/nowhere/none/x.lua":match "/(none)/state$"))
  end)
end)
