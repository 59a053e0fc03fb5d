-- What an event said to be deleted: how long it proves that, what ends it, and that the store keeps it until then.
local core = require "understudy.core"
local proof = require "understudy.sync.proof"
local simulation = require "spec.sync.simulation"
local uerror = require "understudy.error"

local NAME <const> = "example.com."
local WITH <const> = "www A 192.0.2.1\nmail A 192.0.2.2\n@ MX 10 mail\n"
local WITHOUT_MX <const> = "www A 192.0.2.1\nmail A 192.0.2.2\n"
local WITHOUT <const> = "www A 192.0.2.1\n"
local MAIL <const>, MX <const> = { owner = "mail", gone = true }, { owner = "@", type = "MX", gone = true }

-- A world whose zone is published, of a source that may lose names.
local function started(settings)
  local world = simulation.new(settings)
  world.source.whole = false
  world:edit(simulation.zone_text(10, WITH))
  world:start()
  world:run(5)
  assert.equal(10, world:status().serial)
  return world
end

local function change(world, serial, records)
  world.source.text[NAME] = simulation.zone_text(serial, records)
end

local function tell(world, ...)
  local events = { ... }
  local ticket, err = world:await(function()
    return world.sync:tell(NAME, "told", events)
  end)
  world:run(5)
  return ticket, err
end

-- Nothing is named, and all is read.
local function look(world)
  world.sync:mark(NAME, "look")
  world:run(5)
end

local function standing(world)
  local status = world:status()
  return { status.state, status.serial }
end

-- What the store keeps of it.
local function kept(world)
  local list = {}
  for i, event in ipairs(assert(world.store:deletions({ NAME }, world.clock.now()))) do
    list[i] = event.owner .. (event.type and " " .. event.type or "")
  end
  return list
end

local function last_run(world)
  local run = world.store:runs(NAME, 1)[1]
  return { run.outcome, run.why, run.gone }
end

local function zone(text)
  return assert(core.parse { text = simulation.zone_text(1, text), name = "test", origin = NAME })
end

describe("a proof of a deletion", function()
  local function holding(at, seconds, ...)
    local owner = { proofs = { ... } }
    return #proof.holding(owner, at, seconds), owner
  end

  it("holds for reads that begin within its time", function()
    assert.equal(1, (holding(10, 5, { id = 1, owner = "a.", at = 5 })))
    assert.equal(0, (holding(10.1, 5, { id = 1, owner = "a.", at = 5 })))
    assert.equal(0, (holding(10, 5, { id = 1, owner = "a.", at = 9, over = "is gone" })))
    local count, owner = holding(0, 5, { id = 1, owner = "a.", at = proof.said_at(10, -0.1) },
      { id = 2, owner = "b.", at = proof.said_at(3, 7) })
    assert.same({ 1, { 1 } }, { count, proof.ended(owner) })
    assert.equal("a., said to be deleted, was said too long ago to prove anything", proof.text(owner))
  end)

  it("is over when a read has anything of what was said to be deleted", function()
    local read = zone "mail A 192.0.2.2\nbelow.other A 192.0.2.3"
    for _, case in ipairs { { true, "mail" }, { true, "mail", "A" }, { false, "mail", "MX" }, { false, "other" },
      { true, "below.other" }, { true, "@" }, { false, "@", "MX" }, { false, "zzz" } } do
      local said = { id = 1, owner = core.name(case[2], NAME), type = case[3], at = 0 }
      proof.see({ said }, read)
      assert.same({ case[2], case[3], case[1] }, { case[2], case[3], said.over ~= nil })
    end
  end)

  it("takes the place of one that was said before, and outlives what is forgotten of that", function()
    local owner = {}
    assert.is_true(proof.add(owner, { id = 1, owner = "a.", at = 1 }))
    assert.is_true(proof.add(owner, { id = 2, owner = "a.", type = "A", at = 1 }))
    assert.is_false(proof.add(owner, { id = 1, owner = "a.", at = 5 }))
    local in_hand = proof.holding(owner, 2, 10)
    assert.is_true(proof.add(owner, { id = 3, owner = "a.", at = 3 }))
    proof.accept(in_hand)
    assert.same({ 2, 1 }, proof.ended(owner, in_hand))
    proof.forget(owner, proof.ended(owner, in_hand))
    assert.same({ { id = 3, owner = "a.", at = 3 } }, owner.proofs)
    proof.forget(owner, { 3 })
    assert.is_nil(owner.proofs)
  end)
end)

describe("what was said to be deleted", function()
  it("is kept until a read could be made, by a process that dies meanwhile too", function()
    local world = started()
    change(world, 11, WITHOUT)
    world.source.failure = "connection refused"
    assert.is_number(tell(world, MAIL, MX))
    assert.same({ "mail.example.com.", "example.com. MX" }, kept(world))
    for restart = 0, 1 do
      if restart == 1 then
        world:start()
      end
      world:run(5)
      assert.same({ "unreachable", 10 }, standing(world))
    end
    world.source.failure = nil
    world:run(30)
    assert.same({ "ok", 11 }, standing(world))
    assert.same({}, kept(world))
    assert.equal("example.com. MX\nmail.example.com.", last_run(world)[3])
  end)

  it("is believed by the first read after a start", function()
    local world = started()
    world.source.failure = "connection refused"
    tell(world, MAIL, MX)
    world.source.failure = nil
    change(world, 11, WITHOUT)
    world:start()
    world:run(0.5)
    assert.same({ "ok", 11 }, standing(world))
    assert.same({}, world:logged "vanished")
  end)

  it("is no proof of what happens after a read that has it, and forgotten with that", function()
    local world = started()
    tell(world, MAIL)
    assert.same({ "unchanged", "mail.example.com., said to be deleted, is there all the same", "mail.example.com." },
      last_run(world))
    assert.same({}, kept(world))
    change(world, 11, WITHOUT)
    look(world)
    assert.same({ "held", 10 }, standing(world))
  end)

  it("is no proof any more when the store could not be told so", function()
    local world = started()
    local call = world.store.call
    function world.store.call(operation, ...)
      if operation == "save_run" then
        return uerror.fail_temporarily("io", "disk full")
      end
      return call(operation, ...)
    end
    tell(world, MAIL)
    assert.same({ "mail.example.com." }, kept(world))
    change(world, 11, "www A 192.0.2.1\n@ MX 10 www\n")
    look(world)
    assert.same({ "held", 10 }, standing(world))
    world.store.call = call
    look(world)
    assert.same({}, kept(world))
    assert.same({ "held", 10 }, standing(world))
  end)

  it("is forgotten where nothing is to be done for it", function()
    local world = started()
    tell(world, { owner = "other", gone = true })
    assert.same({ "unchanged", "other.example.com., said to be deleted, is gone", "other.example.com." },
      last_run(world))
    assert.same({}, kept(world))
  end)

  it("is kept while something else holds the zone back, over a restart", function()
    local world = started()
    change(world, 11, WITHOUT)
    tell(world, MAIL)
    assert.same({ "held", 10 }, standing(world))
    assert.same({ "mail.example.com." }, kept(world))
    world:start()
    world:run(5)
    assert.equal("example.com. MX vanished", world:status().why:match "^[^;]*vanished")
    change(world, 12, "www A 192.0.2.1\n@ MX 10 mail\n")
    look(world)
    assert.same({ { "ok", 12 }, {} }, { standing(world), kept(world) })
  end)

  it("is no proof after a read that has it and is held back for something else", function()
    local world = started()
    change(world, 11, WITHOUT_MX)
    tell(world, MAIL)
    assert.same({ { "held", 10 }, {} }, { standing(world), kept(world) })
    change(world, 12, "www A 192.0.2.1\n@ MX 10 mail\n")
    look(world)
    assert.same({ "held", 10 }, standing(world))
  end)

  it("is kept while the zone is frozen", function()
    local world = started()
    world:await(function()
      return world.sync:freeze(NAME, { reason = "a test", who = "ann" })
    end)
    change(world, 11, WITHOUT)
    tell(world, MAIL, MX)
    assert.same({ "frozen", 10 }, standing(world))
    world:start()
    world:run(5)
    world:await(function()
      return world.sync:thaw(NAME, "ann")
    end)
    world:run(5)
    assert.same({ { "ok", 11 }, {} }, { standing(world), kept(world) })
  end)

  for _, restart in ipairs { false, true } do
    local when = restart and ", after a restart too" or ""
    it("proves nothing when it is older than what time confirms" .. when, function()
      for confirm, state in pairs { ["5m"] = "held", ["1h"] = "ok" } do
        local world = started { policy = ('guard = { confirm = "%s" },'):format(confirm) }
        world.source.failure = "connection refused"
        tell(world, MAIL)
        world:run(400)
        world.source.failure = nil
        change(world, 11, "www A 192.0.2.1\n@ MX 10 www\n")
        if restart then
          world:start()
        end
        look(world)
        assert.equal(state, world:status().state)
        assert.same({}, kept(world))
      end
    end)
  end

  it("is kept once, however often it is said, and so are no more than a hundred of a zone", function()
    local world = started()
    world.source.failure = "connection refused"
    for _ = 1, 5 do
      tell(world, MAIL, MX)
    end
    assert.same({ "mail.example.com.", "example.com. MX" }, kept(world))
    for i = 1, 98 do
      assert(world.sync:tell(NAME, "told", { { owner = "h" .. i, gone = true } }))
    end
    local ticket, err = world.sync:tell(NAME, "told", { { owner = "h99", gone = true } })
    assert.same({ nil, "busy", 100 }, { ticket, err.code, #kept(world) })
    assert(world.sync:tell(NAME, "told", { { owner = "h98", gone = true } }))
    world.source.failure = nil
    world:run(60)
    assert.same({}, kept(world))
  end)

  it("is not taken where it can't be kept", function()
    local world = started()
    local call = world.store.call
    function world.store.call(operation, ...)
      if operation == "post_event" then
        return uerror.fail_temporarily("io", "disk full")
      end
      return call(operation, ...)
    end
    local ticket, err = world.sync:tell(NAME, "told", { MAIL })
    assert.same({ nil, "io" }, { ticket, err.code })
    assert.is_number(world.sync:tell(NAME, "told", { { owner = "mail" } }))
    change(world, 11, WITHOUT_MX)
    world.source.event(NAME, MX) -- is read nevertheless
    world:run(5)
    assert.same({ "held", 10 }, standing(world))
  end)

  it("is left with its name for the process that has the zone, as is what changed", function()
    local world = started()
    world.sync.zones[NAME].lease = nil
    assert.is_number(world.sync:ask(NAME, { MAIL, { owner = "www", type = "A" } }))
    world.sync:mark(NAME, "NOTIFY")
    world.sync:mark("www", "none of ours")
    world:run(2)
    local events = world.store:events(world.sync.lease.worker, 10, world.clock.now())
    for i, event in ipairs(events) do
      events[i] = { event.cause, event.owner, event.type, event.gone }
    end
    assert.same({ { "asked for", "mail.example.com.", nil, true }, { "asked for", "www.example.com.", "A" },
      { "NOTIFY" } }, events)
  end)
end)
