-- State that is damaged, lost or mixed up: a file cut, zeroed or with octets changed anywhere, an empty one, the
-- leavings of another database beside it. What is wrong and what to do is said; no version is served that is not as it
-- was written; nothing breaks.
local chain = require "understudy.store.chain"
local check = require "understudy.store.check"
local clock = require "understudy.clock"
local command = require "spec.support.command"
local database = require "understudy.store.database"
local judge = require "understudy.sync.judge"
local log = require "understudy.log"
local old_store = require "spec.support.old_store"
local policy = require "understudy.policy"
local schema = require "understudy.store.schema"
local store = require "understudy.store"
local sync = require "understudy.sync"
local uerror = require "understudy.error"

local SEED <const> = tonumber(os.getenv "UNDERSTUDY_SEED") or os.time()
local DAMAGES <const> = tonumber(os.getenv "UNDERSTUDY_DAMAGES") or 150
local ZONES <const> = { "a.example.", "b.example." }
local LAST <const> = {}

for _, row in ipairs(old_store.ROWS.publications) do
  LAST[row.zone] = row.made
end

local POLICY <const> = [[
return policy {
  source = source.file "%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones = { "a.example", "b.example", "new.example", "refused.example" },
}]]

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

local function write(path, octets)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(octets))
end

describe("a state folder", function()
  local folder, remove, path, loaded, whole

  setup(function()
    folder, remove = command.folder({ ["understudy.lua"] = POLICY }, true)
    assert(os.execute("mkdir -m 700 " .. folder .. "/state"))
    path = folder .. "/state/understudy.db"
    loaded = assert(policy.load(folder .. "/understudy.lua"))
    local db <close> = assert(database.open(path))
    old_store.fill(db)
    db:close()
    whole = read(path)
  end)

  teardown(function()
    remove()
  end)

  before_each(function()
    os.execute(("rm -f %s/state/*"):format(folder))
    write(path, whole)
  end)

  local function understudy(words)
    return command.shell(("cd %s && timeout 10 $understudy %s"):format(folder, words))
  end

  -- Whether a zone is a version that was published.
  local function was_published(name, zone)
    for _, row in ipairs(old_store.ROWS.publications) do
      if row.zone == name and row.made == zone and row.serial == zone.serial then
        return true
      end
    end
  end

  -- What a daemon would do with what is there: it serves zones as they were, or says what is wrong and serves none.
  -- Whether it serves them; and whether it serves the last ones.
  local function begin()
    local opened <close>, err = store.direct(path)
    local engine
    if opened then
      engine, err = sync.new(loaded, { clock = clock.system(), store = opened, answers = judge.answers(loaded),
        log = log.new { level = "error", sink = function() end } })
    end
    if not engine then
      assert(uerror.is(err) and (err.code == "io" and err.message:find "backup" or err.message:find "newer"),
        tostring(err))
      return false, err.message
    end
    local newest = true
    for _, name in ipairs(ZONES) do
      local served = engine:publication(name)
      assert(not served or was_published(name, served.zone), "it serves what was never published")
      newest = newest and served and served.zone == LAST[name]
      for _, row in ipairs(assert(opened:history(name))) do -- what targets and rollbacks get
        local rows = assert(opened:publication_chain(name, row.serial))
        local version = #rows > 0 and chain.read(rows, name, "publication")
        assert(not version or was_published(name, version.zone), "it gives what was never published")
      end
    end
    return true, newest
  end

  -- Whether `store check` finds all whole.
  local function is_whole()
    local db <close>, err = database.open(path, { readonly = true })
    local faults = 0
    local counts
    if db then
      counts, err = check.run(db, function()
        faults = faults + 1
      end)
    end
    assert(counts or uerror.is(err), tostring(err))
    return counts and faults == 0
  end

  it("whose database was damaged anywhere serves no version that was none, and can be checked", function()
    math.randomseed(SEED)
    assert.same({ true, true }, { begin() })
    local refused, found, harmless = 0, 0, 0
    for number = 1, DAMAGES do
      local at = math.random(#whole) - 1
      local octets
      if number % 3 == 0 then -- cut
        octets = whole:sub(1, at)
      elseif number % 3 == 1 then -- zeroed
        local count = math.min(math.random(8192), #whole - at)
        octets = whole:sub(1, at) .. ("\0"):rep(count) .. whole:sub(at + count + 1)
      else -- one bit changed
        octets = whole:sub(1, at) .. string.char(whole:byte(at + 1) ~ 1 << math.random(0, 7)) .. whole:sub(at + 2)
      end
      os.execute(("rm -f %s-wal %s-shm"):format(path, path))
      write(path, octets)
      local where = ("seed %d, damage %d at %d of %d: "):format(SEED, number, at, #whole)
      local checked, is_sound = xpcall(is_whole, debug.traceback)
      local begun, serves, newest = xpcall(begin, debug.traceback)
      assert(checked and begun, where .. tostring(not checked and is_sound or serves))
      assert(serves and newest or not is_sound, where .. "the check does not find what is wrong")
      refused, found = refused + (serves and 0 or 1), found + (is_sound and 0 or 1)
      harmless = harmless + (serves and is_sound and octets ~= whole and 1 or 0)
    end
    assert.is_true(refused > DAMAGES / 3 and found >= refused and harmless > 0, ("%d refused, %d found, %d harmless")
      :format(refused, found, harmless))
  end)

  it("whose database has no header any more says so, with what to do, to the daemon and to commands", function()
    write(path, ("\0"):rep(100) .. whole:sub(101))
    for _, words in ipairs { "run", "status", "store check", "plan a.example", "history a.example", "store export",
      "store migrate" } do
      local told = understudy(words)
      assert.equal(2, told.status, words)
      assert.matches("understudy.db is damaged %(.-not a database%): stop the daemon.-backup", told.err, nil, words)
      assert.is_nil(told.err:find("traceback", 1, true))
    end
  end)

  it("whose rows hold what no daemon writes says so, and the check finds it", function()
    for _, statement in ipairs {
      "UPDATE deliveries SET state = 'unreachable', attempts = 'many'",
      "UPDATE publications SET serial = 'x' || serial WHERE zone = 'a.example.'",
      "UPDATE pulls SET base = 'x', whole = 'y'",
      "UPDATE verdicts SET since = 'yesterday'",
      "UPDATE answers SET ttl = 'long'",
      "UPDATE findings SET detail = '{}'",
    } do
      write(path, whole)
      do
        local db <close> = assert(database.open(path))
        assert(db:execute(statement) > 0, statement)
      end
      local done, serves = xpcall(begin, debug.traceback)
      assert(done, statement .. ": " .. tostring(serves))
      assert(not is_whole() or serves and statement:find "findings", statement)
    end
  end)

  it("whose database names a format that it does not have says that it is damaged", function()
    for _, format in ipairs { 0, 1, #schema.migrations - 1, 999 } do
      write(path, whole)
      do
        local db <close> = assert(database.open(path, { readonly = true }))
        assert(db:execute "PRAGMA query_only = OFF")
        assert(db.driver.set_version(db, format))
      end
      local serves, why = begin()
      assert.is_false(serves)
      assert.matches(format == 999 and "newer" or "is damaged", why)
    end
  end)

  it("whose database is empty or gone is taken for new only if no daemon has used it", function()
    for _, harm in ipairs { ": >", "rm -f" } do
      assert(os.execute(("%s %s; echo w >%s/state/worker"):format(harm, path, folder)))
      write(path .. "-wal", "what may be needed to mend it")
      for _, words in ipairs { "run", "status", "store check", "sync a.example", "store migrate" } do
        local told = understudy(words)
        assert.equal(2, told.status, words)
        assert.matches("understudy.db is empty or gone, and a daemon has used this state folder.-remove .-/worker",
          told.err, nil, words)
      end
      assert.is_string(read(path .. "-wal"))
      os.remove(path .. "-wal")
      os.remove(folder .. "/state/worker")
      local told = understudy "store check" -- nothing was ever there
      assert.matches("no store yet\n$", told.err:gsub("[^\n]*No such file[^\n]*", "no store yet"))
    end
    write(folder .. "/exported", (function()
      write(path, whole)
      return understudy("store export").out
    end)())
    assert(os.execute((": >%s; echo w >%s/state/worker"):format(path, folder)))
    assert.equal(0, understudy("store import exported").status) -- the way out
    assert.is_true(begin())
  end)

  -- A database with changes that stand only in the file beside it, as a killed process leaves it.
  local function leave_wal(statement)
    local db = assert(database.open(path))
    assert(db:execute "PRAGMA wal_autocheckpoint = 0")
    assert(db:execute(statement))
    local main, wal = read(path), read(path .. "-wal")
    db:close()
    assert.is_true(#wal > 0)
    return main, wal
  end

  local CHANGE <const> = "UPDATE freezes SET reason = 'changed'"

  local function reason()
    local opened <close> = assert(store.direct(path))
    return assert(opened:freezes { "b.example." })["b.example."].reason
  end

  it("that a killed process left goes on with what it had committed", function()
    local main, wal = leave_wal(CHANGE)
    os.execute(("rm -f %s/state/*"):format(folder))
    write(path, main)
    write(path .. "-wal", wal)
    assert.equal("changed", reason())
    assert.is_true(begin() and is_whole())
  end)

  it("whose leavings of a killed process are damaged serves what was committed before", function()
    math.randomseed(SEED)
    local main, wal = leave_wal(CHANGE)
    for number = 1, 30 do
      local at = math.random(#wal) - 1
      os.execute(("rm -f %s/state/*"):format(folder))
      write(path, main)
      write(path .. "-wal", wal:sub(1, at) .. (number % 2 == 0 and "" or ("\255"):rep(#wal - at)))
      assert(begin() and is_whole(), ("seed %d at %d"):format(SEED, at))
      assert.truthy(({ changed = true, [old_store.ROWS.freezes[1].reason] = true })[reason()])
    end
  end)

  it("with the leavings of another database serves versions that were, or says that it is damaged", function()
    local served, whole_then = 0, 0
    local _, wal = leave_wal "UPDATE publications SET cause = cause || 'x'"
    for number = 1, 6 do
      os.execute(("rm -f %s/state/*"):format(folder))
      do -- another one, with other rows on the same pages
        local db <close> = assert(database.open(path, { last_step = number < 4 and 3 or #schema.migrations }))
        assert(db:execute(("INSERT INTO freezes (zone, reason, who, since) VALUES ('z.', '%s', '', 1.0)"):format(
          ("x"):rep(number * 5000))))
        old_store.fill(db)
      end
      os.remove(path .. "-shm")
      write(path .. "-wal", wal)
      served, whole_then = served + (begin() and 1 or 0), whole_then + (is_whole() and 1 or 0)
    end
    assert.is_true(served < 6 and whole_then <= served, ("%d served, %d whole"):format(served, whole_then))
  end)
end)

describe("what the store gives of a version", function()
  it("is no version when its serial or its content is another", function()
    local row = old_store.ROWS.publications[1]
    assert(chain.read({ row }, row.zone, "publication"))
    for said, change in pairs {
      ["SOA has serial 1 and not 77"] = { serial = 77 },
      ["content is not what was written"] = { content = row.content:gsub("h30", "q30") },
    } do
      local _, err = chain.read({ setmetatable(change, { __index = row }) }, row.zone, "publication")
      assert.matches(said, err.message)
    end
  end)
end)
