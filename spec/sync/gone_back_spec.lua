-- A database that goes back while processes run: put back from a backup, or a replica that lagged when it took over.
local check = require "understudy.store.check"
local database = require "understudy.store.database"
local judge = require "understudy.sync.judge"
local operations = require "understudy.store.operations"
local simulation = require "spec.sync.simulation"
local store = require "understudy.store"
local sync = require "understudy.sync"

local NAME <const> = "example.com."

local function text(serial)
  local lines = { "www A 192.0.2." .. serial }
  for i = 1, 60 do
    lines[#lines + 1] = ("h%d A 192.0.2.%d"):format(i, i)
  end
  return simulation.zone_text(serial, table.concat(lines, "\n"))
end

local function edit(world, serial, seconds)
  world:edit(text(serial))
  world:run(seconds or 5)
end

-- A world at serial 4, whose database is at hand.
local function started()
  local world = simulation.new()
  world.db = assert(database.open ":memory:")
  world.store = store.over(function(name, ...)
    return operations[name](world.db, ...)
  end, function() end)
  world:edit(text(1))
  world:start(true)
  world:run(20)
  for serial = 2, 4 do
    edit(world, serial)
  end
  return world
end

-- Takes the database back to a serial, as if nothing had come after it; also the numbers that it gives to rows.
local function go_back(world, serial)
  for _, statement in ipairs {
    "UPDATE zones SET released = :serial, accepted = (SELECT pull FROM publications WHERE serial = :serial)",
    "DELETE FROM publications WHERE serial > :serial",
    "DELETE FROM pulls WHERE id > COALESCE((SELECT accepted FROM zones), 0)",
    "DELETE FROM runs WHERE publication > (SELECT COALESCE(MAX(id), 0) FROM publications)",
    "UPDATE sqlite_sequence SET seq = (SELECT COALESCE(MAX(id), 0) FROM publications) WHERE name = 'publications'",
    "UPDATE sqlite_sequence SET seq = (SELECT COALESCE(MAX(id), 0) FROM pulls) WHERE name = 'pulls'",
  } do
    assert(world.db:execute(statement, { serial = serial }))
  end
end

-- Whether all is well with a serial: published, delivered, and in a store that is whole and can be started from.
local function is_well(world, serial)
  assert.same({ "ok", serial, serial }, { world:status().state, world:status().serial, world.targets[1].serials[NAME] })
  local faults = {}
  assert(check.run(world.db, function(fault)
    faults[#faults + 1] = ("%s: %s"):format(fault.place, fault.message)
  end))
  assert.same({}, faults)
  local hash = world.sync:publication(NAME).hash
  world:start(true)
  world:run(20)
  assert.same({ serial, hash }, { world:status().serial, world.sync:publication(NAME).hash })
end

describe("a store that goes back", function()
  for _, serial in ipairs { 3, 2, 0 } do
    it(("to serial %d is given what is served, and the next publication is newer"):format(serial), function()
      local world = started()
      go_back(world, serial)
      world:run(400)
      edit(world, 5, 10)
      is_well(world, 5)
      assert.equal(1, #world:logged "serial 4 is written down again: the store had gone back to")
    end)
  end

  it("by a source zone alone is not given a change of what it lacks", function()
    local world = started()
    local before = world.db:row("SELECT accepted FROM zones").accepted
    world:edit((text(7):gsub("192.0.2.7\n", "192.0.2.4\n", 1))) -- another version of the same content
    world:run(5)
    assert.is_true(world.db:row("SELECT accepted FROM zones").accepted > before)
    assert(world.db:execute("UPDATE zones SET accepted = :before", { before = before }))
    assert(world.db:execute("DELETE FROM pulls WHERE id > :before", { before = before }))
    edit(world, 8, 10)
    is_well(world, 8)
  end)

  it("is followed by processes that do not have the zone", function()
    local world = started()
    local event = world.source.event
    local other = assert(sync.new(world.policy, {
      clock = world.clock, log = world.log, store = world.store, answers = judge.answers(world.policy),
      resolver = world.resolver, random = function()
        return 0.7
      end,
      spawn = function(_, fn)
        world.tasks:spawn("other", fn)
      end,
    }))
    world:await(function()
      return other:start()
    end)
    world.source.event = event
    world:run(5)
    assert.is_nil(other.zones[NAME].lease)
    go_back(world, 2)
    edit(world, 5, 10)
    assert.equal(5, world:status().serial)
    assert.equal(5, other:publication(NAME).serial)
    edit(world, 6)
    assert.equal(6, other:publication(NAME).serial)
  end)
end)
