-- Stores whose rows, tables or file another session holds: what waits is answered in time and done when it is tried
-- again, what does not need them goes on, and the loop is never held.
local database = require "understudy.store.database"
local operations = require "understudy.store.operations"
local reading = require "understudy.store.reading"
local session = require "spec.support.session"
local store = require "understudy.store"
local stores = require "spec.support.stores"

local NAME <const>, OTHER <const> = stores.NAME, "other.example."
local LEASE <const>, STALLED <const> = 6, 3 -- seconds, as understudy.sync.lease has them
local HELD <const> = 2
local SOON <const> = 0.5

-- A delivery of a zone that a writer has.
local function delivery(mine, fields)
  local row = mine.row { target = "t", state = "ok", wanted = 1, attempts = 0, since = 1.0 }
  for name, value in pairs(fields or {}) do
    row[name] = value
  end
  return row
end

-- Counts while a call is under way; how often, and for how long it was.
local function beside(spawn, clock, call)
  local ticks, began, done = 0, clock.monotonic(), false
  spawn("ticks", function()
    repeat
      clock.sleep(0.01)
      ticks = ticks + 1
    until done
  end)
  local result, err = call()
  done = true
  return result, err, ticks, clock.monotonic() - began
end

local function assert_temporary(err)
  assert.same({ "io", true }, { err.code, err.temporary }, err.message)
end

describe("a row that another session holds", function()
  local fixture = stores.fixture "postgresql"

  setup(fixture.start)
  after_each(fixture.forget)
  teardown(fixture.stop)

  it("delays only its zone, and no word of life", function()
    local where = fixture.where()
    stores.with_thread(where, function(opened, spawn, clock)
      local mine = stores.writer(opened)
      assert(opened:register { OTHER })
      local token = assert(opened:claim("w", { OTHER }, 0.0))[1].token
      local lease <close> = assert(store.open(where, clock, spawn))
      local holder <close> = session.open(where)
      holder:run "BEGIN"
      holder:run(("SELECT token FROM zones WHERE zone = '%s' FOR UPDATE"):format(NAME))
      local answers, changed, zone = {}, clock.condition(), stores.zone_of(1)
      local function ask(name, call)
        spawn(name, function()
          local began = clock.monotonic()
          answers[name] = { call() }
          answers[name].seconds = clock.monotonic() - began
          changed:signal()
        end)
      end
      local pulls = mine.pulls
      ask("first", function() -- what the others wait behind
        return mine.publish(zone)
      end)
      for i = 1, 20 do
        ask(i, function()
          return opened:save_delivery(delivery(mine, i % 2 == 0 and { zone = OTHER, token = token } or {}))
        end)
      end
      ask("heartbeat", function()
        return lease:heartbeat("w", 60, 0.0)
      end)
      ask("claim", function()
        return lease:claim("w", { NAME, OTHER }, 0.0)
      end)
      local _, err, ticks, seconds = beside(spawn, clock, function()
        repeat
          changed:wait()
        until answers.first and answers.heartbeat and answers.claim and #answers == 20
        return nil, answers.first[2]
      end)
      assert_temporary(err)
      assert.is_true(seconds > STALLED and seconds < 2 * LEASE and ticks > 100, ("%.1f s, %d"):format(seconds, ticks))
      for i = 1, 20 do
        assert.equal(i % 2 == 0 and 1 or nil, answers[i][1], i)
      end
      assert.is_number(answers.heartbeat[1].workers)
      assert.equal(2, #answers.claim[1])
      assert.is_true(answers.heartbeat.seconds + answers.claim.seconds < SOON)
      holder:run "ROLLBACK"
      mine.pulls = pulls
      assert(mine.publish(zone))
      assert(opened:save_delivery(delivery(mine)))
    end)
  end)

  it("is not waited for by who wants to claim it", function()
    local opened <close> = fixture.open()
    local holder <close> = session.open(fixture.where())
    assert(opened:register { NAME, OTHER })
    assert(opened:join("w", 60, 0.0))
    holder:run "BEGIN"
    holder:run(("SELECT token FROM zones WHERE zone = '%s' FOR UPDATE"):format(NAME))
    assert.same({ { zone = OTHER, token = 1 } }, opened:claim("w", { NAME, OTHER }, 0.0))
    holder:run "ROLLBACK"
    assert.same({ { zone = NAME, token = 1 } }, opened:claim("w", { NAME }, 0.0))
  end)

  it("and waits for ours is a deadlock, after which ours is done when it is tried again", function()
    local where = fixture.where()
    stores.with_thread(where, function(opened, spawn, clock)
      stores.writer(opened)
      assert(opened:register { OTHER })
      assert(opened:claim("w", { OTHER }, 0.0))
      local holder <close> = session.open(where)
      holder:run "SET deadlock_timeout = 60000" -- so that ours is given up
      holder:run "BEGIN"
      holder:run(("SELECT token FROM zones WHERE zone = '%s' FOR UPDATE"):format(OTHER))
      local answer, answered = nil, clock.condition()
      spawn("release", function()
        answer = { opened:release("w", { NAME, OTHER }) }
        answered:signal()
      end)
      repeat -- until ours has the one and waits for the other
        clock.sleep(0.01)
        local waiting = holder:run "SELECT COUNT(*) AS count FROM pg_locks WHERE NOT granted"[1].count
      until waiting ~= "0"
      holder:run(("SELECT token FROM zones WHERE zone = '%s' FOR UPDATE"):format(NAME))
      while not answer do
        answered:wait()
      end
      assert.is_nil(answer[1])
      assert_temporary(answer[2])
      assert.matches("deadlock", answer[2].message)
      holder:run "ROLLBACK"
      assert.equal(2, opened:release("w", { NAME, OTHER }))
    end)
  end)

  it("of a process that stands still in a transaction is free again after a while", function()
    local where = fixture.where()
    local opened <close> = fixture.open()
    local mine = stores.writer(opened)
    local stopped <close> = assert(database.open(where))
    assert.equal("10s", stopped:row("SHOW idle_in_transaction_session_timeout").idle_in_transaction_session_timeout)
    assert(stopped:execute "SET idle_in_transaction_session_timeout = 200")
    assert(stopped:execute "BEGIN")
    assert(operations.save_delivery(setmetatable({ transaction = function(_, fn)
      return fn()
    end }, { __index = stopped }), delivery(mine)))
    assert(opened:join("heir", 60, 0.0, "w"))
    assert.same({}, opened:claim("heir", { NAME }, 0.0))
    local claimed
    repeat
      claimed = assert(opened:claim("heir", { NAME }, 0.0))
    until #claimed > 0
    assert.same({ { zone = NAME, token = 2 } }, claimed)
    local done, err = stopped:execute "COMMIT"
    assert.is_nil(done)
    assert_temporary(err)
    assert.same({}, opened:deliveries { NAME })
  end)

  it("is none of those that a process only reads, which may take long", function()
    local db <close> = assert(database.open(fixture.where()))
    assert(db:execute "SET idle_in_transaction_session_timeout = 100")
    local watcher <close> = assert(database.open(fixture.where()))
    assert(db:snapshot(function()
      local pid = assert(db:row "SELECT pg_backend_pid() AS pid").pid
      assert(watcher:rows "SELECT pg_sleep(0.3) AS slept")
      return db:row("SELECT CAST(:pid AS INTEGER) AS pid", { pid = pid })
    end))
    assert.is_nil(db:transaction(function()
      assert(db:execute "SELECT 1")
      assert(watcher:rows "SELECT pg_sleep(0.3) AS slept")
      return db:row "SELECT 1 AS one"
    end))
  end)
end)

describe("a transaction that PostgreSQL can't put in order", function()
  local fixture = stores.fixture "postgresql"

  setup(fixture.start)
  teardown(fixture.stop)

  it("is answered as what time mends, and done when it is tried again", function()
    local where = fixture.where()
    stores.with_thread(where, function(opened)
      local mine = stores.writer(opened)
      local other <close> = session.open(where)
      other:run "CREATE SEQUENCE tries"
      other:run [[CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('tries') <= 2 THEN RAISE 'no order' USING ERRCODE = 'serialization_failure'; END IF;
        RETURN NEW; END $$]]
      other:run "CREATE TRIGGER refuse BEFORE INSERT ON publications FOR EACH ROW EXECUTE FUNCTION refuse()"
      for _ = 1, 2 do
        local pulls = mine.pulls
        local ids, err = mine.publish(stores.zone_of(1))
        mine.pulls = pulls
        assert.is_nil(ids)
        assert_temporary(err)
      end
      assert(mine.publish(stores.zone_of(1)))
      assert.same({ 1, 1 }, { #opened:history(NAME), #opened:pulls(NAME, 0.0) })
    end)
  end)
end)

describe("a file that another process holds", function()
  local fixture = stores.fixture "sqlite"

  after_each(fixture.forget)

  local function hold(where)
    local environment = require("luasql.sqlite3").sqlite3()
    local connection = assert(environment:connect(where))
    assert(connection:execute "BEGIN IMMEDIATE")
    return function()
      assert(connection:execute "ROLLBACK")
      connection:close()
      environment:close()
    end
  end

  it("is waited for beside the loop, and nothing is lost", function()
    local where = fixture.where()
    stores.with_thread(where, function(opened, spawn, clock)
      local mine = stores.writer(opened)
      local release, waited = hold(where), nil
      spawn("holder", function()
        clock.sleep(HELD)
        waited = opened:waiting()
        release()
      end)
      local ids, err, ticks, seconds = beside(spawn, clock, function()
        return mine.publish(stores.zone_of(1))
      end)
      assert(ids, err)
      assert.is_true(seconds >= HELD and ticks > 50 and waited > HELD / 2, ("%.1f s, %d"):format(seconds, ticks))
      assert.equal(stores.zone_of(1), (stores.newest(opened)))
    end)
  end)

  it("is read at once", function()
    local where = fixture.where()
    stores.with_thread(where, function(opened, _, clock)
      local mine = stores.writer(opened)
      assert(mine.publish(stores.zone_of(1)))
      local release, began = hold(where), clock.monotonic()
      assert.equal(stores.zone_of(1), (stores.newest(opened)))
      for name in pairs(reading) do
        assert.is_function(operations[name], name)
      end
      assert(opened:recall({ NAME }, { "zones", "deliveries", "freezes" }, 0.0))
      assert.is_true(clock.monotonic() - began < SOON)
      release()
    end)
  end)

  it("for too long is an error that time mends", function()
    local db <close> = assert(database.open(fixture.where()))
    assert.equal(5000, db:row("PRAGMA busy_timeout").timeout)
    assert(db:execute "PRAGMA busy_timeout = 100")
    local release = hold(fixture.where())
    local done, err = operations.register(db, { NAME })
    assert.is_nil(done)
    assert_temporary(err)
    assert.matches("locked", err.message)
    assert.same({}, operations.zones(db, { NAME }, 0.0)) -- who only reads does not wait
    release()
    assert(operations.register(db, { NAME }))
  end)
end)
