-- What a process writes down of its zones' settings, and how it tells of others that go by another policy.
local core = require "understudy.core"
local explain = require "understudy.sync.explain"
local members = require "understudy.policy.members"
local policy = require "understudy.policy"
local policy_settings = require "understudy.policy.settings"
local simulation = require "spec.sync.simulation"
local sync_settings = require "understudy.sync.settings"

local NAME <const> = "example.com."

local POLICY <const> = [[return policy {
  source = source.file "%%s.zone", targets = { target.secondary "b" { transfer = "::1", notify = "::1" } },
  zones = { "example.com", "example.net" }, %s }]]

local function policy_with(settings)
  return assert(policy.parse(POLICY:format(settings), "policy.lua"))
end

-- A process at the world's store that has no zones and only tells by which policy it goes.
local function beside(world, name, made, log)
  local worker = name .. "-0123abcd"
  assert(world.store:join(worker, 1e6, world.clock.now()))
  local settings = sync_settings.new {
    policy = made, store = world.store, clock = world.clock, log = log or world.log, lease = { worker = worker },
  }
  world:spawn(function()
    settings:run {}
  end)
  return settings
end

-- The writes to the store from now on, by operation.
local function writes(world)
  local count, call = {}, world.store.call
  function world.store.call(operation, ...)
    count[operation] = (count[operation] or 0) + 1
    return call(operation, ...)
  end
  return count
end

describe("a process", function()
  it("writes down under what settings it runs its zones, and each publication was made", function()
    local world = simulation.new { zones = { "example.com", "example.net" } }
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local row = world.store:zones({ NAME }, 0.0)[NAME]
    local text = world.store:settings({ row.settings })[row.settings]
    assert.truthy(text:find("guard: max_removed = 0.5\n", 1, true))
    assert.equal(row.settings, world.store:history(NAME)[1].settings)
    assert.same({}, world.sync:other_policies())
    world:reload { zones = { "example.com", "example.net" }, policy = "guard = { max_removed = 0.25 }" }
    world:run(5)
    local now = world.store:zones({ NAME }, 0.0)[NAME].settings
    assert.are_not.equal(row.settings, now)
    assert.equal(now, world.store:zones({ "example.net." }, 0.0)["example.net."].settings)
    local told = table.concat(explain.text(assert(world.sync:explain(NAME)), world.clock.now()), "\n")
    assert.truthy(told:find("under other settings than now (" .. row.settings
      .. "): guard: max_removed was 0.5 and is 0.25", 1, true), told)
    world:edit(simulation.zone_text(2, "www A 192.0.2.2"))
    world:run(5)
    told = table.concat(explain.text(assert(world.sync:explain(NAME)), world.clock.now()), "\n")
    assert.is_nil(told:find("under other settings", 1, true))
  end)

  it("writes nothing anew when it starts again, and announces no policy where it is alone", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local count = writes(world)
    world:start()
    world:run(20)
    assert.equal(1, count.note_settings)
    assert.is_nil(count.save_settings)
    assert.is_nil(count.announce_policy)
    assert.is_nil(count.policies_of_others)
  end)

  it("writes it down once the store can be written again", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    local call, failing = world.store.call, true
    function world.store.call(operation, ...)
      if failing and (operation == "note_settings" or operation == "save_settings") then
        return nil, { code = "io", message = "disk full", temporary = true }
      end
      return call(operation, ...)
    end
    world:start()
    world:run(10)
    assert.is_nil(world.store:zones({ NAME }, 0.0)[NAME].settings)
    assert.equal("ok", world:status().state)
    failing = false
    world:run(5)
    assert.truthy(world.store:zones({ NAME }, 0.0)[NAME].settings)
  end)

  it("tells in the log once of another policy that stays, and when it is the same again", function()
    local world = simulation.new()
    local mine, theirs = policy_with "", policy_with "soak = '1m'"
    local settings, other = beside(world, "host-1", mine), beside(world, "host-2", theirs, { warning = function() end,
      info = function() end })
    world:run(3)
    local found = settings:of_others()
    assert.equal(1, #found)
    assert.equal("the daemon host-2 at the same store goes by another policy: 2 zones under other settings "
      .. "(example.com., example.net.): soak is 600 here and 60 there", found[1].message)
    assert.same({}, world:logged "another policy")
    world:run(60)
    assert.equal(1, #world:logged "warning: the daemon host-2 at the same store goes by another policy")
    settings:follow(policy_with "soak = '1m'", {}, {})
    world:run(10)
    assert.same({}, settings:of_others())
    assert.equal(1, #world:logged "the daemon host-2 goes by the same policy again")
    assert.equal(1, #world:logged "another policy")
    other:follow(policy_with "soak = '2m'", {}, {})
    world:run(60)
    assert.equal(2, #world:logged "another policy")
  end)

  it("tells nothing in the log of policies that differ while they are read one after the other", function()
    local world = simulation.new()
    local settings = beside(world, "host-1", policy_with "")
    local other = beside(world, "host-2", policy_with "")
    for round = 1, 5 do
      local soak = ("soak = '%dm'"):format(round)
      world:run(20)
      settings:follow(policy_with(soak), {}, {})
      world:run(3)
      assert.equal(1, #settings:of_others())
      other:follow(policy_with(soak), {}, {})
    end
    world:run(20)
    assert.same({}, world.lines)
  end)

  it("is at one with another that has not yet taken up what a catalog lists", function()
    local world = simulation.new()
    local function expanded(list)
      local made = assert(policy.parse((POLICY:format ""):gsub('"example.net"', [[zone "catalog.test" {
        members = { groups = { one = { zonemd = true } } } }]]), "policy.lua"))
      return members.expand(made, function()
        return assert(core.parse { origin = "catalog.test.", name = "x", text = "@ 60 SOA invalid. invalid. 1 1 1 1 1\n"
          .. "@ 60 NS invalid.\nversion 60 TXT \"2\"\n" .. list })
      end)
    end
    local before = expanded ""
    local after = expanded "a.zones 60 PTR new.example.\n"
    assert.same({ 2, 3 }, { #before.zones, #after.zones })
    local one, two = beside(world, "host-1", before), beside(world, "host-2", after)
    world:run(10)
    assert.same({ {}, {} }, { one:of_others(), two:of_others() })
    local hash = policy_settings.new(after)
    assert.are_not.equal(hash:hash(after.zones[1]), hash:hash(after.zones[3]))
    assert.truthy(hash:text(after.zones[3]):find("listed by = catalog.test.\n", 1, true))
  end)

  it("says which zones only one of the policies has", function()
    local world = simulation.new()
    local function zones(text)
      return assert(policy.parse((POLICY:format ""):gsub("zones = {.-}", "zones = { " .. text .. " }"), "policy.lua"))
    end
    local one = beside(world, "host-1", zones [["a.test", "b.test", "c.test", "d.test", "e.test"]])
    local two = beside(world, "host-2", zones [["f.test", "e.test"]])
    world:run(5)
    assert.equal("the daemon host-2 at the same store goes by another policy: 4 zones only in the policy of this "
      .. "daemon (a.test., b.test., c.test., …); 1 zone only in the policy of host-2 (f.test.)",
      one:of_others()[1].message)
    assert.equal("the daemon host-1 at the same store goes by another policy: 1 zone only in the policy of this "
      .. "daemon (f.test.); 4 zones only in the policy of host-1 (a.test., b.test., c.test., …)",
      two:of_others()[1].message)
  end)
end)
