-- A store on its thread's code at a PostgreSQL that ends the session before, or just after, each statement of what a
-- worker does: nothing that was acknowledged is lost, and nothing is done twice.
local codec = require "understudy.store.codec"
local cqueues = require "cqueues"
local database = require "understudy.store.database"
local session = require "spec.support.session"
local socket = require "cqueues.socket"
local store = require "understudy.store"
local stores = require "spec.support.stores"
local thread = require "understudy.store.thread"

local NAME <const>, WORKER <const> = stores.NAME, "w"
local TRIES <const> = 3
local KEEP <const> = { count = 10000, after = 0 }

-- Runs test(opened, cut, db) with a store whose thread's code runs here; cut(when, number) has its session end "before"
-- or "after" a statement, counted from then on; cut() tells whether that came to pass.
local function with_cut_store(where, test)
  local queue, here, there = cqueues.new(), socket.pair()
  local open, other, name = database.open, session.open(where)
  local when, left

  -- A connection that is cut when its time has come.
  local function proxy(connection)
    return {
      execute = function(_, statement)
        left = left and left - 1
        if left == 0 and when == "before" then
          other:end_others(name)
        end
        local result, why = connection:execute(statement)
        if left == 0 and when == "after" then
          other:end_others(name)
          return nil, "the answer was lost"
        end
        return result, why
      end,
      close = function()
        connection:close()
      end,
    }
  end

  function database.open(...) -- luacheck: ignore 122
    local db = assert(open(...))
    local connect = db.connect
    function db:connect()
      local ok, err = connect(self)
      self.connection = ok and proxy(self.connection) or nil
      return ok, err
    end
    db.connection = proxy(db.connection)
    return db
  end

  queue:wrap(function()
    thread.serve(there, where)
  end)
  queue:wrap(function()
    assert(codec.read(here).value)
    database.open = open -- luacheck: ignore 122
    local db <close> = assert(open(where))
    local opened = store.over(function(operation, ...)
      codec.write(here, { id = 1, operation = operation, count = select("#", ...), arguments = { ... } })
      local reply = codec.read(here)
      return reply.value, reply.err
    end)
    test(opened, function(which, number)
      local came = left and left <= 0
      when, left = which, number
      return came
    end, function(statement)
      return assert(db.connection and db:row(statement, { zone = NAME, worker = WORKER }) or db:connect()
        and db:row(statement, { zone = NAME, worker = WORKER }))
    end)
    here:shutdown "w"
  end)
  local ok, why = queue:loop(60)
  database.open = open -- luacheck: ignore 122
  other:close()
  assert(ok, why)
end

-- Does something again until it is acknowledged, as a worker does.
local function acknowledged(work)
  local result, err
  for _ = 1, TRIES do
    result, err = work()
    if result ~= nil then
      return result
    end
    assert.same({ "io", true }, { err.code, err.temporary }, err.message)
  end
  error(err)
end

describe("a session that PostgreSQL ends at any statement", function()
  local fixture = stores.fixture "postgresql"

  setup(fixture.start)
  after_each(fixture.forget)
  teardown(fixture.stop)

  -- Cuts work(number), which takes turns with that many things, before and after each statement, and looks with
  -- check(number) at what came of it.
  local function cut_each(turns, begin)
    with_cut_store(fixture.where(), function(opened, cut, row)
      local mine = stores.writer(opened, WORKER)
      local work, check = begin(opened, mine, row, cut)
      local number = 0
      for _, when in ipairs { "before", "after" } do
        local statement, came = 0
        repeat
          statement, came = statement + 1, false
          for _ = 1, turns do
            number = number + 1
            cut(when, statement)
            local result = acknowledged(work(number, when, statement))
            came = cut() or came
            check(number, result)
          end
        until not came
        assert.is_true(statement > 3, statement)
      end
    end)
  end

  it("publishes each version once", function()
    cut_each(1, function(_, mine, row)
      return function(serial)
        local zone, pulls = stores.zone_of(serial), mine.pulls
        return function()
          mine.pulls = pulls
          return mine.publish(zone, KEEP)
        end
      end, function(serial)
        local told = row [[SELECT COUNT(*) AS publications, MAX(serial) AS serial,
          (SELECT COUNT(*) FROM pulls) AS pulls FROM publications]]
        assert.same({ serial, serial, serial }, { told.publications, told.serial, told.pulls })
      end
    end)
  end)

  it("accepts and refuses each pull once, and writes each run once", function()
    cut_each(3, function(opened, mine, row)
      assert(mine.publish(stores.zone_of(1)))
      return function(number)
        local work = number % 3
        if work == 0 then
          local run = mine.row { generation = number, cause = "c", at = number + 0.5, outcome = "held", why = "" }
          return function()
            return opened:save_run(run)
          end
        end
        local before = mine.pulls
        local pull = mine.pull(stores.zone_of(number + 1), "v" .. number)
        mine.pulls = before
        pull.at = number + 0.5
        return function()
          return opened[work == 1 and "accept_pull" or "refuse_pull"](opened, mine.lease, pull, 10000)
        end
      end, function(number, id)
        local told = row "SELECT (SELECT COUNT(*) FROM pulls) AS pulls, (SELECT COUNT(*) FROM runs) AS runs"
        assert.same({ 1 + number - number // 3, number // 3 }, { told.pulls, told.runs })
        if number % 3 == 1 then
          assert.equal(id, row("SELECT accepted FROM zones WHERE zone = :zone").accepted)
        end
      end
    end)
  end)

  it("gives each zone once, and hears each word of life", function()
    cut_each(2, function(opened, _, row, cut)
      return function(number, when, statement)
        local names = { ("z%d.example."):format(number) }
        cut()
        assert(opened:register(names))
        cut(when, statement)
        return function()
          if number % 2 == 0 then
            return opened:claim(WORKER, names, 0.0)
          end
          return opened:heartbeat(WORKER, 60 + number, 0.0)
        end
      end, function(number, result)
        if number % 2 == 0 then
          assert.same({ { zone = ("z%d.example."):format(number), token = 1 } }, result)
        else
          assert.is_number(result.owned)
          assert.is_true(row("SELECT until - EXTRACT(EPOCH FROM clock_timestamp()) AS left_over FROM workers "
            .. "WHERE worker = :worker").left_over > 55 + number)
        end
      end
    end)
  end)
end)
