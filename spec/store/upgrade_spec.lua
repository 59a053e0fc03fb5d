-- Stores of all formats that a daemon can have left, brought to the newest: what is read then is what was written, and
-- an upgrade that dies between any two statements goes on and ends the same.
local chain = require "understudy.store.chain"
local check = require "understudy.store.check"
local clock = require "understudy.clock"
local command = require "spec.support.command"
local database = require "understudy.store.database"
local dump = require "understudy.store.dump"
local judge = require "understudy.sync.judge"
local old_store = require "spec.support.old_store"
local policy = require "understudy.policy"
local quote = require "understudy.store.quote"
local schema = require "understudy.store.schema"
local store = require "understudy.store"
local stores = require "spec.support.stores"
local sync = require "understudy.sync"

local NEWEST <const> = #schema.migrations
local ROWS <const>, ZONES <const> = old_store.ROWS, old_store.ZONES
-- Formats from which a table or a column says what a daemon needs to know; before, steps of the schema fill it.
local WITH_PULLS <const>, WITH_RELEASED <const> = 3, 5
-- Statements that open a database, before those of a step.
local OPENING <const> = 6
local KILLED <const> = "%s spec/support/killed_upgrade.lua %s %d >/dev/null 2>&1"

local lua <const> = os.getenv "LUA_HOST" or arg[-1]

local POLICY <const> = [[
return policy {
  source = source.file "%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones = { "a.example", "b.example", "new.example", "refused.example" },
}]]

-- A store of an old format, with all that it held.
local function leave(where, format)
  local db <close> = assert(database.open(where, { last_step = format }))
  old_store.fill(db)
  return old_store.read(db)
end

local function export(where)
  local db <close> = assert(database.open(where, { readonly = true, any_format = true }))
  local parts = {}
  assert(dump.export(db, function(text)
    parts[#parts + 1] = text
  end))
  return table.concat(parts)
end

-- Opens a store as a daemon does, which makes the zones of its policy known.
local function upgrade(where)
  local opened <close> = assert(store.direct(where))
  assert(opened:register(ZONES))
end

local function import(where, text)
  local lines = text:gmatch "([^\n]*)\n"
  local head = lines()
  do
    local db <close> = assert(database.open(where, { last_step = dump.read_head(head) }))
    assert(dump.import(db, head, lines))
  end
  upgrade(where)
end

-- Every row is there as it was.
local function assert_kept(before, where)
  local db <close> = assert(database.open(where, { readonly = true }))
  local after = old_store.read(db)
  before.sources = nil -- which became pulls
  for name, rows in pairs(before) do
    local kept = {}
    for i, row in ipairs(after[name]) do
      kept[i] = {}
      for column in pairs(rows[i] or {}) do
        kept[i][column] = row[column]
      end
    end
    assert.same(rows, kept, name)
  end
  local faults = {}
  assert(check.run(db, function(fault)
    faults[#faults + 1] = ("%s %s: %s"):format(fault.zone, fault.place, fault.message)
  end))
  assert.same({}, faults)
end

local function of_zone(rows, zone)
  local list = {}
  for _, row in ipairs(rows) do
    list[#list + 1] = row.zone == zone and row or nil
  end
  return list
end

-- Each version can be told, and the newest ones are those that were.
local function assert_versions(opened, zone, format)
  local newest = assert(chain.newest(opened, zone))
  local publications, pulls = of_zone(ROWS.publications, zone), of_zone(ROWS.pulls, zone)
  local last = publications[#publications]
  assert.equal(last and last.made, newest.publication)
  assert.equal(last and last.made, newest.accepted) -- the last pull that was not refused is what was published
  local history = assert(opened:history(zone))
  assert.equal(#publications, #history)
  for i, row in ipairs(publications) do
    local told = history[#history + 1 - i]
    assert.same({ row.serial, row.cause, row.at }, { told.serial, told.cause, told.at })
    assert.equal(row.made, assert(chain.read(opened:publication_chain(zone, row.serial), zone, "publication")).zone)
  end
  local now = opened:zones({ zone }, 20.0)[zone]
  assert.equal(last and (format < WITH_RELEASED and last.serial or of_zone(ROWS.zones, zone)[1].released), now.released)
  if format >= WITH_PULLS then
    assert.equal(#pulls, #opened:pulls(zone, 0.0))
    for _, row in ipairs(pulls) do
      assert.equal(row.made, assert(chain.read(opened:pull_chain(row.id), zone, "pull")).zone)
    end
  end
end

-- What the daemon shows of it all.
local function assert_status(opened, format)
  local folder, remove = command.folder { ["understudy.lua"] = POLICY }
  local loaded = assert(policy.load(folder .. "/understudy.lua"))
  remove()
  local shown = {}
  for _, zone in ipairs(assert(sync.new(loaded, { clock = clock.system(), store = opened,
    answers = judge.answers(loaded) })):status()) do
    shown[zone.name] = zone
  end
  local a, b, refused = shown["a.example."], shown["b.example."], shown["refused.example."]
  assert.same({ 8, 3, "lagging" }, { a.serial, b.serial, b.targets[1].state })
  assert.same({ 8, 4294967290 }, { a.targets[1].serial, b.targets[1].serial })
  assert.equal("held", refused.state)
  if format >= WITH_PULLS then
    assert.equal("frozen", b.state)
    assert.equal("abc123", refused.plan)
  end
end

-- A daemon goes on from there: what was written last is the ground of what comes next, under a new token.
local function assert_goes_on(opened, format)
  assert(opened:register(ZONES))
  assert(opened:join("w", 60, 20.0, true))
  local tokens = {}
  for _, row in ipairs(assert(opened:claim("w", ZONES, 20.0))) do
    tokens[row.zone] = row.token
  end
  for _, row in ipairs(ROWS.zones) do
    assert.equal((format >= WITH_PULLS and row.token or 0) + 1, tokens[row.zone], row.zone)
  end
  for _, zone in ipairs { "a.example.", "b.example." } do
    local known = assert(opened:newest { zone })
    local row, pull = known.publications[zone], known.pulls[zone]
    local published = assert(chain.read(row, zone, "publication"))
    local accepted = assert(chain.accepted(pull, published.zone, zone))
    local last, base = row[#row], pull[#pull]
    local next_zone = published.zone:with_serial(last.serial + 1):with "next 60 A 192.0.2.1"
    local made, from = chain.next(published, next_zone), chain.next(accepted, next_zone)
    for _, each in ipairs { made, from } do
      each.zone, each.serial, each.hash, each.records, each.at = zone, last.serial + 1, next_zone.hash, #next_zone, 21.0
    end
    from.version, from.base, from.base_hash = "v", not from.whole and base.id or nil, base.hash
    made.worker, made.token, made.now, made.cause, made.who, made.generation = "w", tokens[zone], 20.0, "c", "", 1
    made.base, made.base_hash, made.released = last.serial, last.hash, true
    assert(opened:publish(made, from, { count = 100, after = 0 }, { generation = 1, cause = "c", at = 21.0,
      outcome = "published", why = "" }))
    local newest = assert(chain.newest(opened, zone))
    assert.same({ next_zone, next_zone }, { newest.publication, newest.accepted })
  end
end

-- Answers are lists outside.
local function assert_answers(opened)
  local answers = assert(opened:answers())
  assert.equal(#ROWS.answers, #answers)
  for i, row in ipairs(ROWS.answers) do
    assert.same({ row.target, row.type, row.state, row.addresses, row.last_success },
      { answers[i].target, answers[i].type, answers[i].state, table.concat(answers[i].addresses, " "),
        answers[i].last_success })
  end
  assert.is_true(#opened:answer_changes { "host.example." } > 0)
end

-- Begins an upgrade and kills it before a statement.
local function kill(where, statement)
  os.execute(KILLED:format(lua, where, statement))
end

-- The same at a server that cuts the connection.
local function cut(where, statement)
  local environment, bind = require("luasql.postgres").postgres(), quote.bind
  local folder, name = where:match "host=(%S+)", where:match "dbname=(%w+)"
  local other = assert(environment:connect(("host=%s dbname=postgres user=understudy"):format(folder)))
  local function end_sessions()
    repeat
      local cursor = assert(other:execute(([[SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '%s']]):format(name)))
      local left = cursor:numrows()
      cursor:close()
    until left == 0
  end
  quote.bind = function(...)
    statement = statement - 1
    if statement == 0 then
      end_sessions()
    end
    return bind(...)
  end
  local db, err = database.open(where)
  quote.bind = bind
  other:close()
  environment:close()
  if db then
    db:close()
  else
    assert.same({ "io", true }, { err.code, err.temporary })
  end
end

local HARM <const> = { sqlite = kill, postgresql = cut }

local function format_of(where)
  local db <close> = assert(database.open(where, { readonly = true, any_format = true }))
  return db:format()
end

-- Harms one upgrade after the other, each a statement later than the one before, until the last step is done.
local function harm_each(where, harm)
  local statement, format, tried = 1, 1, 0
  repeat
    harm(where, statement)
    tried, statement = tried + 1, statement + 1
    local now = format_of(where)
    assert((now == format or now == format + 1) and statement < 100, ("from format %d to %d"):format(format, now))
    if now > format then
      format, statement = now, OPENING
    end
  until format == NEWEST
  assert.is_true(tried > 60, tried)
end

for _, kind in ipairs(stores.KINDS) do
  describe("a store in " .. kind, function()
    local fixture = stores.fixture(kind)

    setup(fixture.start)
    after_each(fixture.forget)
    teardown(fixture.stop)

    for format = 1, NEWEST - 1 do
      it(("of format %d is read as it was written"):format(format), function()
        local where = fixture.where()
        local before = leave(where, format)
        local text = export(where)
        upgrade(where)
        assert_kept(before, where)
        local after = export(where)
        do
          local opened <close> = assert(store.direct(where))
          for _, zone in ipairs(ZONES) do
            assert_versions(opened, zone, format)
          end
          assert_answers(opened)
          assert_status(opened, format)
          assert_goes_on(opened, format)
        end
        assert_kept({}, where) -- it is whole then too
        for _, exported in ipairs { text, after } do -- the text of the old format becomes the same store
          local other, remove = command.folder({}, true)
          import(other .. "/understudy.db", exported)
          assert.equal(after, export(other .. "/understudy.db"))
          remove()
        end
      end)
    end

    it("is brought up to date however often that ends between two statements", function()
      leave(fixture.where(), 1)
      harm_each(fixture.where(), HARM[kind])
      local harmed = export(fixture.where())
      fixture.forget()
      leave(fixture.where(), 1)
      assert(store.direct(fixture.where())):close()
      assert.equal(export(fixture.where()), harmed)
    end)

    it("is brought up to date once when several begin at the same time", function()
      local where = fixture.where()
      leave(where, 1)
      stores.with_thread(":memory:", function(_, spawn, system)
        local others, changed = {}, system.condition()
        for i = 1, 3 do
          spawn("other", function()
            others[i] = { store.open(where, system, spawn) }
            changed:signal()
          end)
        end
        while #others < 3 do
          changed:wait()
        end
        for _, other in ipairs(others) do
          assert(other[1], other[2])
          assert.equal(8, #other[1]:history "a.example.")
          other[1]:close()
        end
      end)
    end)
  end)
end
