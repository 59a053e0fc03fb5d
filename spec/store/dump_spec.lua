-- A store as text, and whether a store is whole: SQLite, PostgreSQL and from one to the other.
local chain = require "understudy.store.chain"
local check = require "understudy.store.check"
local command = require "spec.support.command"
local core = require "understudy.core"
local database = require "understudy.store.database"
local dump = require "understudy.store.dump"
local line = require "understudy.store.line"
local postgresql = require "spec.support.postgresql"
local schema = require "understudy.store.schema"
local store = require "understudy.store"

local NAME <const> = "example.com."

local function zone_of(serial)
  local lines = { ("@ 60 SOA ns h %d 1 1 1 1\n@ 60 NS ns.example.net.\nserial 60 A 192.0.2.%d"):format(serial,
    serial % 256) }
  for i = 1, 60 do
    lines[#lines + 1] = ("h%d 300 TXT \"it's; \\\\ %d\""):format(i, i)
  end
  return assert(core.parse { name = "test", origin = NAME, text = table.concat(lines, "\n") })
end

local ANSWER <const> = {
  target = "host.example.", type = "A", state = "fresh", last = "addresses", ttl = 300, addresses = { "192.0.2.1" },
  chain = {}, ttl_seen = 1.25, low_ttls = 0, last_success = 1767225600.0625, last_lookup = 2.5, next_refresh = 3.5,
  first_empty = 0.0, failures = 0, empties = 0,
}

-- Fills a store with something of everything: many publications of a zone, and hostile texts.
local function fill(path, publications)
  local opened <close> = assert(store.direct(path))
  assert(opened:register { NAME, "other.example." })
  assert(opened:join("w", 60, 0.0, false))
  local token = assert(opened:claim("w", { NAME }, 0.0))[1].token
  local function row(fields)
    fields.zone, fields.worker, fields.token, fields.now = NAME, "w", token, 1.0
    return fields
  end
  local last, pulls, pulled, serial, hash
  for i = 1, publications do
    local zone = zone_of(i)
    local made, newest = chain.next(last, zone)
    local pull, newest_pull = chain.next(pulls, zone)
    last, pulls = newest, newest_pull
    pull.zone, pull.version, pull.serial, pull.hash, pull.records = NAME, "v\t\n\\" .. i, i, zone.hash, #zone
    pull.at, pull.base, pull.base_hash = 0.1 + i, not pull.whole and pulled or nil, hash
    local ids = assert(opened:publish(row {
      serial = i, base = serial, base_hash = hash, hash = zone.hash, cause = "tab\t, 'quotes' and \1 \u{fc}", who = "",
      at = 0.1 + i, records = #zone, whole = made.whole, content = made.content, delta = made.delta, generation = i,
      released = true,
    }, pull, { count = 1000, after = 0 }))
    pulled, serial, hash = ids.pull, i, zone.hash
  end
  assert(opened:save_answers { ANSWER })
  assert(opened:save_delivery(row { target = "b", state = "ok", wanted = 3, attempts = 0, since = 9.5 }))
  assert(opened:freeze { zone = NAME, reason = "line\nbreak\r", who = "ann", since = 1.0 })
  assert(opened:post_event(NAME, "NOTIFY", 1.0))
  assert(opened:save_settings { { hash = "s1", text = "guard: it's = \\x0a\nrefresh = 1\n", at = 1.5 } })
  assert.equal(1, opened:note_settings("w", "s1", { NAME }).written)
  assert(opened:announce_policy("w", { s1 = NAME .. "\n" }))
  assert(opened:save_run(row { generation = 1, cause = "c", at = 1.0, outcome = "published", why = "" }))
end

local function export(path)
  local db <close> = assert(database.open(path, { readonly = true, any_format = true }))
  local parts = {}
  local rows = assert(dump.export(db, function(text)
    parts[#parts + 1] = text
  end))
  return table.concat(parts), rows
end

-- Imports into a store whose tables are of the format that is told.
local function import(path, text)
  local lines = text:gmatch "([^\n]*)\n"
  local head = lines()
  local db <close> = assert(database.open(path, { last_step = dump.read_head(head) }))
  local rows, err = dump.import(db, head, lines)
  if rows then
    assert(db:migrate())
  end
  return rows, err
end

local function faults_of(path)
  local db <close> = assert(database.open(path, { readonly = true }))
  local faults = {}
  local counts = assert(check.run(db, function(fault)
    faults[#faults + 1] = ("%s %s: %s"):format(fault.zone, fault.place, fault.message)
  end))
  table.sort(faults)
  return faults, counts
end

local PLACES <const> = {
  sqlite = function()
    return os.tmpname()
  end,
  postgresql = function(server)
    return (server:database())
  end,
}

describe("a store as text", function()
  local server

  setup(function()
    server = postgresql.start()
  end)

  teardown(function()
    server:stop()
  end)

  local function place(kind)
    local path = PLACES[kind](server)
    if kind == "sqlite" then
      os.remove(path)
      finally(function()
        os.execute(("rm -f %s %s-wal %s-shm"):format(path, path, path))
      end)
    end
    return path
  end

  for _, way in ipairs { { "sqlite", "postgresql" }, { "postgresql", "sqlite" } } do
    it(("goes from %s to %s and back, and is the same"):format(way[1], way[2]), function()
      local first, second, third = place(way[1]), place(way[2]), place(way[1])
      fill(first, 60)
      local text, rows = export(first)
      assert.is_nil(text:find "\ntable policies ")
      assert.equal(rows, import(second, text))
      local again = export(second)
      assert.equal(text, again)
      assert.equal(rows, import(third, again))
      assert.equal(text, (export(third)))
      assert.same({}, (faults_of(second)))
      do -- it goes on from there
        local opened <close> = assert(store.direct(second))
        assert.equal("line\nbreak\r", opened:freezes({ NAME })[NAME].reason)
        assert.equal(ANSWER.last_success, opened:answers()[1].last_success)
        local newest = opened:newest({ NAME }).publications[NAME]
        assert.equal(60, assert(chain.read(newest, NAME, "publication")).zone.serial)
        assert.equal("s1", opened:zones({ NAME }, 0.0)[NAME].settings)
        assert.equal("guard: it's = \\x0a\nrefresh = 1\n", opened:settings({ "s1" }).s1)
        assert(opened:join("new", 60, 0.0, false))
        assert.equal(2, opened:claim("new", { NAME }, 0.0)[1].token)
        local events = opened:events("new", 10, 1.0)
        assert.is_true(opened:post_event(NAME, "more", 1.0)[1] > events[#events].id)
      end
    end)
  end

  it("is refused by a store that is not empty", function()
    local first, second = place "sqlite", place "postgresql"
    fill(first, 2)
    fill(second, 1)
    local before = export(second)
    local rows, err = import(second, (export(first)))
    assert.is_nil(rows)
    assert.equal("refused", err.code)
    assert.truthy(err.message:find("is not empty", 1, true))
    assert.equal(before, (export(second)))
  end)

  it("of an older format becomes a store of this one", function()
    local old, new = place "sqlite", place "postgresql"
    do
      local db <close> = assert(database.open(old, { last_step = 3 }))
      local zone = zone_of(7)
      local values = { zone = NAME, hash = zone.hash, content = zone:text() }
      assert(db:execute("INSERT INTO zones (zone, accepted, token) VALUES (:zone, 1, 4)", { zone = NAME }))
      assert(db:execute([[INSERT INTO pulls (zone, version, serial, hash, records, at, whole, content, delta)
        VALUES (:zone, 'v', 7, :hash, 63, 1.0, 1, :content, '')]], values))
      assert(db:execute([[INSERT INTO publications (zone, serial, hash, cause, at, records, content, pull)
        VALUES (:zone, 7, :hash, 'old', 1.5, 63, :content, 1)]], values))
    end
    local text = export(old)
    assert.truthy(text:find("^understudy%-store 1 format 3\n"))
    assert.equal(3, import(new, text))
    assert.same({}, (faults_of(new)))
    local opened <close> = assert(store.direct(new))
    assert.equal(7, opened:zones({ NAME })[NAME].released)
  end)

  describe("that is damaged", function()
    local function refused(text)
      local path = place "sqlite"
      local head = text:match "^[^\n]*"
      local format, err = dump.read_head(head)
      local rows
      if format then
        rows, err = import(path, text)
        local db <close> = assert(database.open(path))
        assert.equal(0, db:row("SELECT COUNT(*) AS count FROM publications").count)
      end
      assert.is_nil(rows)
      return err.message
    end

    it("is refused as a whole, with the line", function()
      local path = place "sqlite"
      fill(path, 2)
      local text = export(path)
      for change, said in pairs {
        [function() return text:sub(1, #text // 2):match "^(.*\n)" end] = "its end is missing",
        [function() return (text:gsub("=NOTIFY", "=Notify")) end] = "their sum does not fit",
        [function() return text .. "more\n" end] = "something stands behind the end",
        [function() return (text:gsub("table zones ", "table zonez ")) end] = "no such table",
        [function() return (text:gsub("zone:text token", "zone:text until:real token")) end] = "has no column",
        [function() return (text:gsub(" token:integer", "", 1)) end] = "column 'token' of the table",
        [function() return (text:gsub("\n=1\t", "\n=x\t", 1)) end] = "is no integer",
        [function() return (text:gsub("understudy%-store 1 ", "understudy-store 9 ")) end] = "written in version 9",
        [function() return "-- SQL\n" end] = "this is no store",
      } do
        local changed = change()
        if changed ~= text then
          local message = refused(changed)
          assert.truthy(message:find(said), message)
        end
      end
    end)
  end)

  it("has rows that nothing can be hidden in", function()
    local columns = { { name = "a", type = "text" }, { name = "b", type = "real" }, { name = "c", type = "integer" } }
    for _, text in ipairs { "", "-", "=", "\\", "\\n", "\n", "\t=x", "\0\1\127\255", "\\x41", "ü" } do
      local row = { a = text, b = 0.1, c = -9007199254740993 }
      local written = line.write(row, columns)
      assert.is_nil(written:find "[%z\n]")
      assert.same(row, (line.read(written, columns)))
    end
    assert.same({}, (line.read("-\t-\t-", columns)))
    for _, bad in ipairs { "=a\t=1", "=a\t=1\t=1\t=1", "a\t=1\t=1", "=\\q\t=1\t=1", "=a\t=0x10\t=1", "=a\t=1e999\t=1",
      "=a\t=1\t=1.5", "=a\t=nan\t=1", "=a\t=1\t=99999999999999999999" } do
      assert.is_nil((line.read(bad, columns)))
    end
  end)
end)

describe("a store that is looked at", function()
  local path

  before_each(function()
    path = os.tmpname()
    os.remove(path)
    fill(path, 60)
  end)

  after_each(function()
    os.execute(("rm -f %s %s-wal %s-shm"):format(path, path, path))
  end)

  it("is whole", function()
    local faults, counts = faults_of(path)
    assert.same({}, faults)
    assert.same({ zones = 2, publications = 60, pulls = 60, faults = 0 }, counts)
  end)

  for statement, said in pairs {
    ["UPDATE publications SET delta = replace(delta, '192.0.2.9', '192.0.2.8') WHERE serial = 9"] =
      "publication 9 %(serial 9%): its content is not what was written",
    ["UPDATE publications SET delta = 'nonsense' || char(10) WHERE serial = 9"] = "publication 9 %(serial 9%): ",
    ["UPDATE publications SET content = 'nonsense' WHERE serial = 1"] = "publication 1 %(serial 1%): ",
    ["UPDATE publications SET whole = 0 WHERE serial = 1"] = "publication 1 .-: it is a delta of nothing",
    ["UPDATE publications SET delta = replace(delta, ' 192.0.2.', ' 192.0.3.') WHERE whole = 1 AND serial > 1"] =
      "publication %d+ .-: its delta does not lead to its content",
    ["UPDATE publications SET serial = 100 WHERE serial = 9"] = "publication 10 .-: its serial is not behind 100",
    ["UPDATE publications SET token = 9 WHERE serial = 9"] = "a worker wrote it that had lost the zone",
    ["UPDATE publications SET records = 9 WHERE serial = 9"] = "it has 63 records and not 9",
    ["DELETE FROM pulls WHERE id = 60"] = "publication 60: the source zone that it was made from is not there",
    ["DELETE FROM pulls WHERE id = 59"] = "pull 60: the pull that it is a delta of is not there",
    ["UPDATE zones SET accepted = 99"] = "the source zone that is published is not there",
    ["UPDATE zones SET released = 99"] = "the publication that all targets may have is not there",
    ["DELETE FROM settings"] = "settings s1: the settings under which it is run are not there",
    ["UPDATE pulls SET hash = 'x' WHERE id = 5"] = "pull 5 .-: its content is not what was written",
    ["DELETE FROM zones WHERE zone = 'example.com.'"] = "runs: it has rows of a zone that is not there",
  } do
    it("is not whole after " .. statement, function()
      do
        local db <close> = assert(database.open(path))
        assert(db:execute(statement) > 0)
      end
      local faults = table.concat(faults_of(path), "\n")
      assert.truthy(faults:find(said), faults)
    end)
  end

  it("is not used when its tables are older or newer than the reader", function()
    for format, said in pairs { [3] = "understudy store migrate", [99] = "newer understudy" } do
      local db <close> = assert(database.open(path))
      assert(db.driver.set_version(db, format))
      local opened, err = store.direct(path, { readonly = true })
      assert.is_nil(opened)
      assert.equal("refused", err.code)
      assert.truthy(err.message:find(said, 1, true), err.message)
      assert(db.driver.set_version(db, #schema.migrations))
    end
  end)
end)

describe("the command store", function()
  local folder, remove

  before_each(function()
    folder, remove = command.folder { ["understudy.lua"] = [[
return policy {
  source = source.file "%s.zone", zones = { "example.com" },
  targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
}]] }
    assert(os.execute("mkdir -m 700 " .. folder .. "/state"))
  end)

  after_each(function()
    remove()
  end)

  local function shell(text)
    return command.shell(("cd %s && %s"):format(command.quoted(folder), text))
  end

  it("checks, exports, imports and migrates", function()
    local path = folder .. "/state/understudy.db"
    do
      local db <close> = assert(database.open(path, { last_step = 3 }))
      assert(db)
    end
    assert.equal(1, shell("$understudy store check").status)
    local migrated = shell "$understudy store migrate"
    local newest = #schema.migrations
    assert.equal(("the store had format 3 and has format %d now\n"):format(newest), migrated.out, migrated.err)
    assert.equal(("the store has format %d, the newest\n"):format(newest), shell("$understudy store migrate").out)
    fill(path, 3)
    local checked = shell "$understudy store check"
    assert.equal("2 zones, 3 publications and 3 pulls looked at: all whole\n", checked.out, checked.err)
    assert.equal(0, checked.status)
    local moved = shell "$understudy store export >text && rm -r state && $understudy store import text"
    assert.matches("^%d+ rows taken in", moved.out)
    assert.equal("", moved.err)
    assert.equal("all whole", shell("$understudy store check").out:match "all whole")
    assert.equal("600\n", shell("stat -c %a state/understudy.db").out)
    local again = shell "$understudy store import - <text"
    assert.equal(1, again.status)
    assert.matches("is not empty", again.err)
    local broken = shell "rm -r state; head -c 3000 text | $understudy store import -"
    assert.equal(2, broken.status)
    assert.matches("^understudy: %-: line %d+: ", broken.err)
    local third = shell "$understudy store import text && $understudy store export | cmp - text"
    assert.equal(0, third.status, third.err)
  end)

  it("finds nothing where nothing was stored", function()
    assert.equal(2, shell("$understudy store check").status)
    assert.equal(2, shell("$understudy store export").status)
  end)
end)
