-- The database of a store: its words, its tables of all formats, and what it is in a file or at a server.
local command = require "spec.support.command"
local database = require "understudy.store.database"
local lock = require "understudy.store.lock"
local postgresql = require "spec.support.postgresql"
local quote = require "understudy.store.quote"
local schema = require "understudy.store.schema"
local store = require "understudy.store"
local stores = require "spec.support.stores"

local NAME <const> = stores.NAME
local large_zone, newest, with_thread = stores.large_zone, stores.newest, stores.with_thread
local writer, zone_of = stores.writer, stores.zone_of

local function temporary_folder()
  local folder, remove = command.folder {}
  finally(remove)
  return folder
end

describe("SQL literals", function()
  it("can't be broken out of", function()
    assert.equal("'it''s'", quote.value "it's")
    assert.equal("CAST(x'610062' AS TEXT)", quote.value "a\0b")
    assert.equal("NULL", quote.value(nil))
    assert.equal("4294967295", quote.value(4294967295))
    assert.equal("VALUES ('x'');--', NULL)", quote.bind("VALUES (:a, :b)", { a = "x');--" }))
    assert.has_error(function()
      quote.value(0 / 0)
    end)
  end)
end)

for _, kind in ipairs(stores.KINDS) do
  describe("the database in " .. kind, function()
    local fixture = stores.fixture(kind)
    local open, where = fixture.open, fixture.where

    setup(fixture.start)
    after_each(fixture.forget)
    teardown(fixture.stop)

    it("takes hostile texts for what they are", function()
      local opened <close> = open()
      local mine = writer(opened)
      for i, text in ipairs {
        "'; DROP TABLE zones; --", "\\'; DROP TABLE zones; --", "E'\\''", "$$x$$", ":zone", "%s%d", "ü", "''",
        "x' || (SELECT 1) || '", "\n\r\t",
      } do
        assert(opened:save_delivery(mine.row { target = text, state = text, wanted = i, attempts = 0, error = text,
          since = 1.0 }))
      end
      assert(opened:save_delivery(mine.row { target = "raw", state = "a\0b\255", wanted = 0, attempts = 0,
        since = 1.0 }))
      local rows = opened:deliveries({ NAME })[NAME]
      assert.equal(11, #rows)
      for _, row in ipairs(rows) do
        if row.target ~= "raw" then
          assert.same({ row.target, row.target }, { row.state, row.error })
        end
      end
      assert.equal(1, #opened:claim("w", { NAME }, 0.0))
    end)

    it("outlives its process, and can be read without being changed", function()
      do
        local opened <close> = open()
        local mine = writer(opened)
        assert(mine.publish(zone_of(5)))
        assert(opened:save_delivery(mine.row { target = "b", state = "ok", wanted = 5, served = 5, attempts = 0,
          since = 9.5 }))
      end
      local reader <close> = open { readonly = true }
      assert.equal(5, newest(reader).serial)
      assert.equal(9.5, reader:deliveries({ NAME })[NAME][1].since)
      assert.is_nil(reader:register { "more.example." })
    end)

    it("brings the tables of the first format up to date, with what they hold", function()
      local migrations = schema.migrations
      do
        schema.migrations = { migrations[1] }
        local old <close> = assert(database.open(where()))
        schema.migrations = migrations
        local values = { content = zone_of(7):text(), hash = zone_of(7).hash, zone = NAME }
        assert(old:execute("INSERT INTO sources VALUES (:zone, 'v7', 1.0, :content)", values))
        assert(old:execute([[INSERT INTO publications (zone, serial, hash, cause, at, records, content)
          VALUES (:zone, 7, :hash, 'old', 1.5, 3, :content)]], values))
      end
      local opened <close> = open()
      local zone, _, pulls = newest(opened)
      assert.equal(zone_of(7), zone)
      assert.equal("v7", pulls[1].version)
      local mine = writer(opened)
      mine.serial, mine.hash = 7, zone_of(7).hash
      assert(mine.publish(zone_of(8)))
      assert.equal(8, newest(opened).serial)
    end)

    it("leaves the old format as it was when a step fails", function()
      local migrations = schema.migrations
      finally(function()
        schema.migrations = migrations
      end)
      schema.migrations = { migrations[1], { "CREATE TABLE half (x INTEGER)", "no SQL at all" } }
      assert.is_nil((database.open(where())))
      schema.migrations = { migrations[1] }
      local opened <close> = assert(database.open(where()))
      assert.is_nil((opened:rows "SELECT * FROM half"))
      assert.same({}, opened:rows "SELECT * FROM sources")
    end)

    it("does not use tables of a newer version", function()
      do
        local db <close> = assert(database.open(where()))
        assert(db.driver.set_version(db, 999))
      end
      local opened, err = store.direct(where())
      assert.is_nil(opened)
      assert.truthy(err.message:find("newer", 1, true))
    end)
  end)
end

describe("the store in PostgreSQL", function()
  it("goes on after its server was restarted, as if nothing had been", function()
    local server <close> = postgresql.start()
    with_thread(server:database(), function(opened)
      local mine = writer(opened)
      assert(mine.publish(zone_of(1)))
      server:restart()
      assert(mine.publish(zone_of(2)))
      assert.equal(2, newest(opened).serial)
      server:control("stop", "-m immediate")
      local _, err = mine.publish(zone_of(3))
      assert.equal("io", err.code)
      assert.is_true(err.temporary)
      server:control "start"
      assert(mine.publish(zone_of(3)))
      assert.equal(3, #opened:history(NAME))
    end)
  end)
end)

describe("the store in a file", function()
  it("says when there is none to read", function()
    local opened, err = store.direct(temporary_folder() .. "/none.db", { readonly = true })
    assert.is_nil(opened)
    assert.equal("absent", err.code)
  end)

  it("does not use a file that is damaged", function()
    local path = temporary_folder() .. "/understudy.db"
    do
      local opened <close> = assert(store.direct(path))
      local mine = writer(opened)
      for serial = 1, 20 do
        assert(mine.publish(large_zone(serial)))
      end
    end
    local file <close> = assert(io.open(path, "r+b"))
    file:seek("set", 8192)
    file:write(("\255"):rep(20000))
    file:close()
    local opened, err = store.direct(path)
    assert.is_nil(opened)
    assert.equal("io", err.code)
  end)
end)

describe("the lock of a state folder", function()
  it("is held by one process, which it names", function()
    local folder = temporary_folder()
    local held = assert(lock.take(folder))
    local second, err = lock.take(folder)
    assert.is_nil(second)
    assert.equal("busy", err.code)
    assert.truthy(err.message:find(("another understudy (pid %d) uses"):format(lock.pid()), 1, true))
    held:release()
    local third <close> = assert(lock.take(folder))
    assert.is_not_nil(third)
  end)
end)
