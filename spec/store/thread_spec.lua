-- The store on a thread of its own, and what goes there and back.
local command = require "spec.support.command"
local core = require "understudy.core"
local database = require "understudy.store.database"
local store = require "understudy.store"
local stores = require "spec.support.stores"

local NAME <const> = stores.NAME
local with_thread, writer, zone_of = stores.with_thread, stores.writer, stores.zone_of

local function temporary_folder()
  local folder, remove = command.folder {}
  finally(remove)
  return folder
end

describe("what goes to the store's thread", function()
  it("comes back as it was", function()
    local value = { a = { 1, 2.5, "\0\255'" }, b = false, [3] = "", c = {}, d = math.mininteger }
    assert.same(value, core.unpack(core.pack(value)))
    assert.equal("float", math.type(core.unpack(core.pack(1.0))))
    assert.is_nil(core.unpack(core.pack(nil)))
  end)

  it("is nothing that can't be sent, and no other octets", function()
    local deep = {}
    deep.deep = deep
    for _, value in ipairs { print, { print }, deep, io.stdout } do
      assert.has_error(function()
        core.pack(value)
      end)
    end
    local octets = core.pack { "text", { 1, 2.5, true } }
    for length = 0, #octets - 1 do
      assert.has_error(function()
        core.unpack(octets:sub(1, length))
      end)
    end
    for _, other in ipairs { octets .. "n", "{n", "{nnn}", "x", "{d" .. ("\255"):rep(8) .. "t}" } do
      assert.has_error(function()
        core.unpack(other)
      end)
    end
  end)

  it("passes zones on, once", function()
    local zone = assert(core.parse { text = "@ 60 SOA ns admin 7 3600 600 86400 60", origin = "example.com." })
    local octets = core.pack { content = zone }
    assert.is_true(#octets < 100)
    assert.equal(zone, core.unpack(octets).content)
    assert.has_error(function()
      core.unpack(octets)
    end)
  end)
end)

for _, kind in ipairs(stores.KINDS) do
  describe("the store's thread in " .. kind, function()
    local fixture = stores.fixture(kind)
    local where = fixture.where

    setup(fixture.start)
    after_each(fixture.forget)
    teardown(fixture.stop)

    it("does all calls of a group that can be done, and tells each what became of it", function()
      with_thread(where(), function(opened, spawn, clock)
        local mine = writer(opened)
        assert(mine.publish(zone_of(7)))
        local results, waited = {}, clock.condition()
        for i = 1, 100 do
          spawn("writer", function()
            local lease = i % 10 == 0 and { zone = NAME, worker = "another", token = 1 } or mine.lease
            local row = { target = "t" .. i, state = "ok", wanted = i, attempts = 0, since = 1.0 }
            for name, value in pairs(lease) do
              row[name] = value
            end
            results[i] = { opened:save_delivery(row) }
            waited:signal()
          end)
        end
        while #results < 100 do
          waited:wait()
        end
        for i, result in ipairs(results) do
          assert.equal(i % 10 == 0 and "fenced" or nil, result[2] and result[2].code)
        end
        assert.equal(90, #opened:deliveries({ NAME })[NAME])
      end)
    end)
  end)
end

describe("the store on its thread", function()
  it("does not hold up the loop while it works", function()
    with_thread(temporary_folder() .. "/understudy.db", function(opened, spawn, clock)
      local ticks, writing = 0, true
      spawn("ticker", function()
        while writing do
          clock.sleep(0.001)
          ticks = ticks + 1
        end
      end)
      assert(opened:freeze { zone = NAME, reason = ("x"):rep(20000000), who = "", since = 1.0 })
      writing = false
      assert.is_true(ticks > 10)
      assert.equal(20000000, #opened:freezes({ NAME })[NAME].reason)
    end)
  end)

  it("commits calls that wait together once, and goes on after one that it can't survive", function()
    local cqueues, socket = require "cqueues", require "cqueues.socket"
    local codec, thread = require "understudy.store.codec", require "understudy.store.thread"
    local open, commits = database.open, 0
    finally(function()
      database.open = open
    end)
    function database.open(...) -- luacheck: ignore 122
      local db = assert(open(...))
      local execute = db.execute
      function db:execute(statement, values)
        commits = commits + (statement == "COMMIT" and 1 or 0)
        return execute(self, statement, values)
      end
      function db.alive()
        db.alive = nil
        error "a bug"
      end
      return db
    end
    local here, there = socket.pair()
    local queue, path, replies = cqueues.new(), temporary_folder() .. "/understudy.db", {}
    local function ask(count, who)
      for i = 1, count do
        codec.write(here, { id = i, operation = "freeze", count = 1, arguments = {
          { zone = ("z%d."):format(i), reason = "r", who = who, since = 1.0 } } }) -- without "who" it can't be done
      end
      for i = 1, count do
        replies[i] = codec.read(here)
      end
    end
    queue:wrap(function()
      thread.serve(there, path)
    end)
    queue:wrap(function()
      assert(codec.read(here).value)
      commits = 0
      ask(40, "ann")
      assert.same({ 40, true }, { #replies, commits < 10 })
      ask(1, nil)
      assert.truthy(replies[1].err.message:find("a bug", 1, true))
      ask(1, "ann")
      assert.equal(1, replies[1].value)
      here:shutdown "w"
    end)
    assert(queue:loop(10))
  end)

  it("reports that its file can't be opened", function()
    local cqueues = require "cqueues"
    local queue, opened, err = cqueues.new(), nil, nil
    queue:wrap(function()
      opened, err = store.open("/nonexistent/understudy.db", require("understudy.clock").system(), error)
    end)
    assert(queue:loop(10))
    assert.is_nil(opened)
    assert.equal("io", err.code)
  end)
end)
