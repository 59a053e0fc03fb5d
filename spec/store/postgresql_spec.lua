-- A store in a PostgreSQL that is restarted, and whose connections break, while it is written to.
local check = require "understudy.store.check"
local database = require "understudy.store.database"
local doctor = require "understudy.cli.doctor.store"
local postgresql = require "spec.support.postgresql"
local stores = require "spec.support.stores"

local NAME <const> = stores.NAME
local writer, zone_of, with_thread = stores.writer, stores.zone_of, stores.with_thread

local KEEP <const> = { count = 10000, after = 0 }
local RESTARTS <const> = 4
local PATIENCE <const> = 60 -- seconds

-- Publishes versions, each until it is acknowledged, while `harm` is done again and again, each time after something
-- was acknowledged. Returns how often a call failed, and sees that nothing is lost and nothing is there by halves.
local function write_through(server, versions, harm)
  local place, failures, written = server:database(), 0, 0
  with_thread(place, function(opened, spawn, clock)
    local mine = writer(opened)
    spawn("harm", function()
      while written < versions do
        local before = written
        harm(clock)
        repeat
          clock.sleep(0.001)
        until written > before
      end
    end)
    for serial = 1, versions do
      local zone, pulls = zone_of(serial), mine.pulls
      repeat
        mine.pulls = pulls
        local ok, err = mine.publish(zone, KEEP)
        assert(ok or err.code == "io" and err.temporary, err)
        failures = failures + (ok and 0 or 1)
      until ok
      written = serial
    end
  end, PATIENCE)
  local db <close> = assert(database.open(place))
  local faults = {}
  assert(check.run(db, function(fault)
    faults[#faults + 1] = ("%s: %s"):format(fault.place, fault.message)
  end))
  assert.same({}, faults)
  assert.same({ versions, versions }, { db:row("SELECT COUNT(*) AS count FROM publications").count,
    db:row("SELECT MAX(serial) AS serial FROM publications WHERE zone = :zone", { zone = NAME }).serial })
  return failures
end

describe("the store in PostgreSQL", function()
  it("is looked at by doctor", function()
    local server <close> = postgresql.start()
    local place = server:database()
    database.open(place):close()
    local found = doctor.look_at_database(place)
    assert.same({ true, "ok", "ok" }, { found.open, found[1][1][1], found[1][2][1] })
    assert.matches("^version %d%S+ .*answers within %d+m?s$", found[1][2][3])
    server:stop()
    found = doctor.look_at_database(place)
    assert.same({ "fault", "PostgreSQL" }, { found[1][1][1], found[1][1][2] })
    assert.matches("^connection to server .*; nothing new is published$", found[1][1][3])
  end)

  it("loses nothing when the server crashes again and again while it is written to", function()
    local server <close> = postgresql.start()
    local restarts = 0
    write_through(server, 150, function(clock)
      clock.sleep(0.02)
      if restarts < RESTARTS then
        server:restart()
        restarts = restarts + 1
      end
    end)
    assert.equal(RESTARTS, restarts)
  end)

  it("loses nothing when its connection is broken again and again, between any two statements", function()
    local server <close> = postgresql.start()
    local environment = require("luasql.postgres").postgres()
    local other = assert(environment:connect(("host=%s dbname=postgres user=understudy"):format(server.folder)))
    local broken = 0
    local failures = write_through(server, 250, function(clock)
      clock.sleep(math.random() * 0.01)
      local cursor = assert(other:execute [[SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = 'd1' AND pid <> pg_backend_pid()]])
      broken = broken + cursor:numrows()
      cursor:close()
    end)
    other:close()
    environment:close()
    assert.is_true(broken > 20 and failures > 3, ("%d broken, %d calls failed"):format(broken, failures))
  end)
end)
