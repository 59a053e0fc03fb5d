local lock = require "understudy.store.lock"
local quote = require "understudy.store.quote"
local store = require "understudy.store"
local chain = require "understudy.store.chain"
local database = require "understudy.store.database"
local schema = require "understudy.store.schema"

local core = require "understudy.core"
local postgresql = require "spec.support.postgresql"

local function temporary_folder()
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkdir " .. path))
  finally(function()
    os.execute("rm -r " .. path)
  end)
  return path
end

-- Runs a test in a task of an event loop, with a store on its thread.
local function with_thread(path, test)
  local cqueues = require "cqueues"
  local clock = require("understudy.clock").system()
  local task = require "understudy.task"
  local queue, failures = cqueues.new(), {}
  local failing = { error = function(_, ...)
    failures[#failures + 1] = string.format(...)
  end }
  local function spawn(name, fn)
    task.spawn(queue, name, fn, failing)
  end
  spawn("test", function()
    local opened <close> = assert(store.open(path, clock, spawn))
    test(opened, spawn, clock)
  end)
  assert(queue:loop(30))
  assert.same({}, failures)
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

-- The place of a store for a test, of either kind.
local PLACES <const> = {
  sqlite = function()
    return temporary_folder() .. "/understudy.db"
  end,
  postgresql = function(server)
    return (server:database())
  end,
}

local KEEP <const> = { count = 100, after = 0 }
local NAME <const> = "example.com."

-- A writer of versions of one zone: what a worker does, without deciding anything.
local function writer(opened, worker)
  worker = worker or "w"
  assert(opened:register { NAME })
  assert(opened:join(worker, 60, 0.0, false))
  local claimed = assert(opened:claim(worker, { NAME }, 0.0))
  local self = { lease = { zone = NAME, worker = worker, token = claimed[1] and claimed[1].token, now = 1.0 } }

  local function row(fields)
    for name, value in pairs(self.lease) do
      fields[name] = fields[name] or value
    end
    return fields
  end
  self.row = row

  function self.pull(zone, version)
    local before = self.pulls
    local made, ends = chain.next(before, zone)
    self.pulls, made.base_hash = ends, before and before.zone.hash
    made.zone, made.version, made.serial, made.hash = NAME, version or "v", zone.serial, zone.hash
    made.records, made.at, made.base = #zone, 1.5, not made.whole and self.pulled or nil
    return made
  end

  function self.publish(zone, keep, pull)
    local made, state = chain.next(self.publications, zone)
    local ids, err = opened:publish(row {
      serial = zone.serial, hash = zone.hash, base = self.serial, base_hash = self.hash, cause = "test", who = "",
      at = zone.serial + 0.5, records = #zone, whole = made.whole, content = made.content, delta = made.delta,
      generation = 1, waived = "abc",
    }, pull or self.pull(zone), keep or KEEP)
    if ids then
      self.publications, self.serial, self.hash, self.pulled = state, zone.serial, zone.hash, ids.pull
    end
    return ids, err
  end
  return self
end

local function zone_of(serial, records)
  return assert(core.parse { name = "test", origin = NAME, text = ([[
@ 60 SOA ns h %d 1 1 1 1
@ 60 NS ns.example.net.
a\\.b\\000.x 60 TXT "it's; \\"quoted\\" \\255"
%s]]):format(serial, records or "") })
end

-- A zone large enough that a delta is worth while.
local function large_zone(serial)
  local lines = { ("serial 60 A 192.0.2.%d"):format(serial % 256) }
  for i = 1, 200 do
    lines[#lines + 1] = ("h%d 300 A 198.51.100.%d"):format(i, i)
  end
  return zone_of(serial, table.concat(lines, "\n"))
end

local function newest(opened)
  local found = assert(opened:newest { NAME })
  local rows, pulls = found.publications[NAME], found.pulls[NAME]
  return rows and assert(chain.read(rows, NAME, "publication")).zone, rows, pulls
end

for kind, place_of in pairs(PLACES) do
  describe("the store in " .. kind, function()
    local server, place

    setup(function()
      server = kind == "postgresql" and postgresql.start()
    end)

    teardown(function()
      if server then
        server:stop()
      end
    end)

    local function open(options)
      place = place or place_of(server)
      return assert(store.direct(place, options))
    end

    before_each(function()
      place = nil
    end)

    it("remembers publications and the pull they were made from", function()
      local opened <close> = open()
      assert.is_nil((newest(opened)))
      local mine = writer(opened)
      assert(mine.publish(zone_of(4294967295)))
      assert(mine.publish(zone_of(1, "www 60 A 192.0.2.1")))
      local zone, rows, pulls = newest(opened)
      assert.equal(zone_of(1, "www 60 A 192.0.2.1"), zone)
      assert.equal(1, zone.serial)
      assert.equal(1.5, rows[#rows].at)
      assert.equal(zone, assert(chain.read(pulls, NAME, "pull")).zone)
      local history = opened:history(NAME)
      assert.same({ 1, 4294967295 }, { history[1].serial, history[2].serial })
      assert.equal(pulls[#pulls].id, history[1].pull)
    end)

    it("writes a small change of a large zone as a small delta, and can tell every version again", function()
      local opened <close> = open()
      local mine = writer(opened)
      for serial = 1, 120 do
        assert(mine.publish(large_zone(serial)))
      end
      local whole, octets = 0, 0
      for _, row in ipairs(opened:deltas(NAME, 1)) do
        octets = math.max(octets, #row.delta)
      end
      for _, row in ipairs(opened:history(NAME)) do
        whole = whole + row.whole
      end
      assert.is_true(whole >= 2 and whole <= 4)
      assert.is_true(octets < #large_zone(1):text() / 20)
      for _, serial in ipairs { 1, 2, 50, 51, 52, 53, 119, 120 } do
        local read = assert(chain.read(assert(opened:publication_chain(NAME, serial)), NAME, "publication"))
        assert.equal(large_zone(serial), read.zone)
        assert.equal(serial, read.zone.serial)
      end
      assert.same({}, opened:publication_chain(NAME, 999))
    end)

    it("keeps so many publications, those after a time, and what they are made of", function()
      local opened <close> = open()
      local mine = writer(opened)
      for serial = 1, 200 do
        assert(mine.publish(large_zone(serial), { count = 20, after = 0.0 }))
      end
      local history = opened:history(NAME)
      assert.is_true(#history >= 20 and #history <= 120, #history)
      local oldest = history[#history]
      assert.equal(large_zone(oldest.serial),
        assert(chain.read(opened:publication_chain(NAME, oldest.serial), NAME, "publication")).zone)
      assert.equal(large_zone(oldest.serial), assert(chain.read(opened:pull_chain(oldest.pull), NAME, "pull")).zone)
      assert.is_true(#opened:pulls(NAME, 0.0) <= #history + 51)
      for serial = 201, 300 do
        assert(mine.publish(large_zone(serial), { count = 1000, after = 250.0 }))
      end
      assert.is_true(#opened:history(NAME) < 120)
      assert.equal(large_zone(300), (newest(opened)))
    end)

    it("keeps what is released, however much only canaries have got since", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(large_zone(1)))
      mine.lease.released = true
      assert(mine.publish(large_zone(2)))
      mine.lease.released = nil
      for serial = 3, 200 do
        assert(mine.publish(large_zone(serial), { count = 5, after = 1e9 }))
      end
      assert.equal(2, opened:zones({ NAME })[NAME].released)
      assert.equal(large_zone(2), assert(chain.read(opened:publication_chain(NAME, 2), NAME, "publication")).zone)
      assert(opened:release_publication(mine.row { serial = 200 }))
      for serial = 201, 300 do
        assert(mine.publish(large_zone(serial), { count = 5, after = 1e9 }))
      end
      assert.equal(200, opened:zones({ NAME })[NAME].released)
      assert.same({}, opened:publication_chain(NAME, 2))
    end)

    it("gives out no more of a budget than there is on a day, whoever asks", function()
      local opened <close> = open()
      local other <close> = open()
      assert.same({ granted = 60, used = 60 }, opened:spend("acme", { day = 20000, count = 60, limit = 100 }))
      assert.same({ granted = 40, used = 100 }, other:spend("acme", { day = 20000, count = 60, limit = 100 }))
      assert.same({ granted = 0, used = 100 }, opened:spend("acme", { day = 20000, count = 1, limit = 50 }))
      assert.same({ granted = 1, used = 1 }, opened:spend("acme", { day = 20001, count = 1, limit = 100 }))
      assert.same({ granted = 1, used = 1 }, opened:spend("b'", { day = 20000, count = 1, limit = 1 }))
      assert.same({ acme = 100, ["b'"] = 1 }, opened:budgets(20000))
      assert(opened:spend("acme", { day = 20100, count = 1, limit = 100 }))
      assert.same({ ["b'"] = 1 }, opened:budgets(20000))
    end)

    it("refuses a publication on another ground than the newest, and changes nothing then", function()
      local opened <close> = open()
      local mine, other = writer(opened), writer(opened)
      assert(mine.publish(zone_of(7)))
      local ids, err = other.publish(zone_of(7, "www 60 A 192.0.2.1"))
      assert.is_nil(ids)
      assert.equal("conflict", err.code)
      assert.is_true(err.temporary)
      assert.equal(zone_of(7), (newest(opened)))
      assert.equal(1, #opened:pulls(NAME, 0.0))
    end)

    it("takes no change of what it does not have, as a database that went back", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(large_zone(1)))
      local before = mine.pulls
      assert.equal("conflict", select(2, mine.publish(large_zone(2), KEEP, (function()
        local pull = mine.pull(large_zone(2))
        pull.base_hash = "another"
        return pull
      end)())).code)
      mine.pulls, mine.hash = before, "another"
      assert.equal("conflict", select(2, mine.publish(large_zone(2))).code)
      assert.same({ 1, 1 }, { #opened:history(NAME), #opened:pulls(NAME, 0.0) })
    end)

    it("takes the same publication twice for one", function()
      local opened <close> = open()
      local mine = writer(opened)
      local ids = assert(mine.publish(zone_of(7)))
      mine.serial, ids.known = nil, true
      assert.same(ids, mine.publish(zone_of(7)))
      assert.equal(1, #opened:history(NAME))
    end)

    it("keeps the newest of the pulls that were refused, and those that are needed", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(large_zone(1)))
      for i = 1, 30 do
        local base = mine.pulls
        local pull = mine.pull(large_zone(i + 1))
        mine.pulls = base -- refused: the next delta starts from the accepted one again
        assert(opened:refuse_pull(mine.lease, pull, 5))
      end
      local pulls = opened:pulls(NAME, 0.0)
      assert.equal(6, #pulls)
      assert.equal(large_zone(31), assert(chain.read(opened:pull_chain(pulls[6].id), NAME, "pull")).zone)
      assert.equal(large_zone(1), assert(chain.read(opened:pull_chain(pulls[1].id), NAME, "pull")).zone)
    end)

    it("accepts a pull without a publication", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(zone_of(1)))
      assert(opened:accept_pull(mine.lease, mine.pull(zone_of(2), "newer")))
      local _, rows, pulls = newest(opened)
      assert.equal(1, #rows)
      assert.equal("newer", pulls[#pulls].version)
    end)

    it("forgets what was accepted of a member whose name means another zone now, and nothing else of it", function()
      local opened <close> = open()
      local mine = writer(opened)
      local function accepted()
        local zone, _, pulls = newest(opened)
        assert.equal(zone_of(1), zone)
        return pulls ~= nil
      end
      local function member(label, epoch)
        assert(opened:save_members({ { zone = NAME, catalog = "c.", label = label, epoch = epoch } }, {}, {}))
      end
      assert(mine.publish(zone_of(1)))
      member("one", 0)
      member("one", 0)
      assert.is_true(accepted())
      member("two", 1)
      assert.is_false(accepted())
      assert(opened:accept_pull(mine.lease, mine.pull(zone_of(1), "of the new one")))
      member("two", 1) -- of a process that was later to know
      assert.is_true(accepted())
      assert(opened:save_members({}, { NAME }, {})) -- the policy has it itself
      assert.is_true(accepted())
      member("two", 0)
      assert(opened:save_members({}, { NAME }, { NAME }))
      assert.is_false(accepted())
      assert.same({}, opened:members())
    end)

    it("gives a zone to one worker at a time, and refuses what an earlier one still writes", function()
      local opened <close> = open()
      local first = writer(opened, "first")
      assert(first.publish(zone_of(1)))
      local second = writer(opened, "second")
      assert.is_nil(second.lease.token)
      assert.same({ workers = 2, owned = 0 }, opened:heartbeat("second", 60, 0.0))
      assert.same({}, opened:claimable("", 10, 0.0))
      assert(opened:leave "first")
      assert.same({ NAME }, opened:claimable("", 10, 0.0))
      local claimed = assert(opened:claim("second", { NAME }, 0.0))
      assert.equal(first.lease.token + 1, claimed[1].token)
      local _, err = first.publish(zone_of(2))
      assert.equal("fenced", err.code)
      for _, method in ipairs { "save_verdict", "save_delivery", "save_run", "forget_verdict" } do
        local ok, problem = opened[method](opened, first.row { state = "held", since = 1.0, at = 1.0, why = "x",
          findings = "", target = "b", wanted = 1, attempts = 0, generation = 1, cause = "c", outcome = "o" })
        assert.is_nil(ok)
        assert.equal("fenced", problem.code)
      end
      second.lease.token, second.serial, second.hash = claimed[1].token, 1, zone_of(1).hash
      assert(second.publish(zone_of(2)))
    end)

    it("takes a worker for dead that did not say in time that it is alive", function()
      local opened <close> = open()
      local late = writer(opened, "late")
      assert.same({ workers = 1, owned = 1 }, opened:heartbeat("late", 60, 0.0))
      assert(opened:join("late", -5, 0.0, false))
      assert.is_false(opened:heartbeat("late", 60, 0.0))
      assert.equal("fenced", select(2, late.publish(zone_of(1))).code)
      local heir = writer(opened, "heir")
      assert.equal(late.lease.token + 1, heir.lease.token)
      assert(opened:join("successor", 60, 0.0, "heir"))
      assert.equal(1, #opened:claim("successor", { NAME }, 0.0))
      assert.equal("fenced", select(2, heir.publish(zone_of(1))).code)
      assert(opened:join("alone", 60, 0.0, true))
      assert.equal(1, #opened:claim("alone", { NAME }, 0.0))
    end)

    it("remembers what people and rules said, and what came of it", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(opened:freeze { zone = NAME, reason = "it's a holiday", who = "ann", since = 1.0, ["until"] = 9.5 })
      assert.same({ reason = "it's a holiday", who = "ann", since = 1.0, ["until"] = 9.5, zone = NAME },
        opened:freezes({ NAME })[NAME])
      assert.equal(1, opened:thaw(NAME))
      assert.equal(0, opened:thaw(NAME))
      assert(opened:waive { zone = NAME, plan = "abc", who = "ann", at = 1.0 })
      assert.equal("abc", opened:waivers({ NAME })[NAME].plan)
      assert(mine.publish(zone_of(1)))
      assert.same({}, opened:waivers { NAME })
      assert(opened:save_verdict(mine.row { state = "held", since = 1.5, why = "w", findings = "", plan = "p" }))
      assert.equal("p", opened:verdicts({ NAME })[NAME].plan)
      assert(opened:forget_verdict(mine.lease))
      assert.same({}, opened:verdicts { NAME })
      for i = 1, 210 do
        assert(opened:save_run(mine.row { generation = i, cause = "c", at = 1.0, outcome = "same", why = "" }))
      end
      local runs = opened:runs(NAME, 1000)
      assert.same({ 200, 210, "w" }, { #runs, runs[1].generation, runs[1].worker })
    end)

    it("hands events to the worker that has the zone, until it took them", function()
      local opened <close> = open()
      writer(opened, "w")
      local id = assert(opened:post_event(NAME, "NOTIFY", 1.0))
      assert(opened:post_event("other.example.", "NOTIFY", 1.0))
      assert.same({ { id = id, zone = NAME, cause = "NOTIFY" } }, opened:events("w", 10))
      assert(opened:forget_events { id })
      assert.same({}, opened:events("w", 10))
    end)

    it("gives answers back as they were", function()
      local opened <close> = open()
      local answer = {
        target = "host.example.", type = "AAAA", state = "stale", last = "failure", ttl = 300,
        addresses = { "2001:db8::1", "2001:db8::2" }, last_success = 1.5, last_lookup = 2.5,
        next_refresh = 3.5, first_empty = 0.0, failures = 2, empties = 0, error = "SERVFAIL",
        failure = "servfail", chain = { "cdn.example.", "edge.example." }, ttl_seen = 1.5, low_ttls = 2,
      }
      assert(opened:save_answers { answer })
      assert.same({ answer }, opened:answers())
      assert(opened:forget_answers "host.example.")
      assert.same({}, opened:answers())
    end)

    it("visits any number of answers, each once", function()
      local opened <close> = open()
      local list = {}
      for i = 1, 2500 do
        list[i] = {
          target = ("h%d.example."):format(i // 2), type = i % 2 == 0 and "A" or "AAAA", state = "fresh",
          last = "nodata", ttl = 0, addresses = {}, chain = {}, ttl_seen = 0.0, low_ttls = 0, last_success = 1.5,
          last_lookup = 2.5, next_refresh = 3.5, first_empty = 0.0, failures = 0, empties = 0,
        }
      end
      assert(opened:save_answers(list))
      local seen, count = {}, 0
      assert(opened:each_answer(function(answer)
        count = count + 1
        seen[answer.target .. answer.type] = true
      end))
      assert.equal(2500, count)
      for _, answer in ipairs(list) do
        assert.is_true(seen[answer.target .. answer.type])
      end
    end)

    it("remembers findings, and since when each is there", function()
      local opened <close> = open()
      local mine = writer(opened)
      local function finding(print, message)
        return { rule = "a.b", severity = "error", fingerprint = print, owner = "", message = message, detail = "{}" }
      end
      assert(opened:save_findings(mine.row { at = 1.5 }, { finding("x", "'x'"), finding("y", "y") }))
      mine.lease.at = nil
      assert(opened:save_findings(mine.row { at = 2.5 }, { finding("z", "z"), finding("y", "other") }))
      local rows = opened:findings({ NAME })[NAME]
      assert.same({ "z", 2.5, "y", 1.5, "other" },
        { rows[1].fingerprint, rows[1].since, rows[2].fingerprint, rows[2].since, rows[2].message })
      assert.equal(2, #rows)
      local ok, err = opened:save_findings({ zone = NAME, worker = "w", token = 0, now = 1.0, at = 1.0 }, {})
      assert.is_nil(ok)
      assert.equal("fenced", err.code)
    end)

    it("remembers how answers changed, the newest of each target", function()
      local opened <close> = open()
      local function answer(target, i)
        return {
          target = target, type = "A", state = "fresh", last = "addresses", ttl = 300, addresses = { "192.0.2." .. i },
          chain = {}, ttl_seen = 0.0, low_ttls = 0, last_success = i + 0.5, last_lookup = i + 0.5, next_refresh = 9.5,
          first_empty = 0.0, failures = 0, empties = 0,
        }
      end
      for i = 1, 210 do
        local made = answer("a.example.", i)
        assert(opened:save_answers({ made }, { made }))
      end
      local other = answer("b.example.", 7)
      assert(opened:save_answers({ other }, {}))
      assert(opened:save_answers({ other }, { other }))
      local changes = opened:answer_changes { "a.example." }
      assert.same({ 200, 11.5, { "192.0.2.210" } }, { #changes, changes[1].at, changes[200].addresses })
      assert.equal(1, #opened:answer_changes { "b.example." })
    end)

    it("forgets what is old, but only for a worker that is alive", function()
      local opened <close> = open()
      local mine = writer(opened)
      local lease = { worker = "w", now = 1.0 }
      local function remember(at)
        assert(opened:save_run(mine.row { generation = 1, cause = "c", at = at, outcome = "o", why = "" }))
        assert(opened:post_event(NAME, "e", at))
        for _, name in ipairs { "used.example.", "gone.example." } do
          local answer = {
            target = name, type = "A", state = "fresh", last = "addresses", ttl = 1, addresses = { "192.0.2.1" },
            chain = {}, ttl_seen = 0.0, low_ttls = 0, last_success = at, last_lookup = at, next_refresh = at,
            first_empty = 0.0, failures = 0, empties = 0,
          }
          assert(opened:save_answers({ answer }, { answer }))
        end
      end
      for at = 1, 4 do
        remember(at + 0.0)
      end
      assert.equal("fenced", select(2, opened:forget_old({ worker = "other", now = 1.0 }, 3.0)).code)
      assert.equal(4, #opened:runs(NAME, 100))
      assert(opened:forget_old(lease, 3.0))
      assert.equal(2, #opened:runs(NAME, 100))
      assert.equal(2, #opened:events("w", 100))
      assert.equal(2.0, opened:answer_changes({ "used.example." })[1].at) -- what held at the beginning of the rest
      assert.same({}, opened:old_answers("", 3.0, 10))
      assert.same({ { target = "gone.example." }, { target = "used.example." } }, opened:old_answers("", 5.0, 10))
      assert.same({ { target = "used.example." } }, opened:old_answers("gone.example.", 5.0, 10))
      assert(opened:forget_targets(lease, { "gone.example." }))
      assert(opened:forget_old(lease, 5.0))
      assert.same({}, opened:answer_changes { "gone.example." })
      assert.equal(1, #opened:answer_changes { "used.example." })
      for _, target in ipairs { "b", "c" } do
        assert(opened:save_delivery(mine.row { target = target, state = "ok", wanted = 1, attempts = 0, since = 1.0 }))
      end
      assert.equal(2, #opened:old_deliveries(2.0))
      assert(opened:forget_delivery(lease, { zone = NAME, target = "c" }))
      assert.equal("b", opened:deliveries({ NAME })[NAME][1].target)
    end)

    it("counts by its own clock how long a target has served its serial", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(opened:save_delivery(mine.row {
        target = "b", state = "ok", wanted = 1, served = 1, served_for = 30.0, attempts = 0, since = 1.0, now = 10.0,
      }))
      assert(opened:save_delivery(mine.row { target = "c", state = "lagging", wanted = 1, attempts = 1, since = 1.0 }))
      local rows = opened:deliveries({ NAME }, 11.0)[NAME]
      assert.is_true(rows[1].served_for >= 30 and rows[1].served_for < 60, rows[1].served_for)
      assert.is_nil(rows[2].served_for)
    end)

    it("counts by its own clock how long a publication has been the candidate, until it is released or none", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(zone_of(1)))
      assert(opened:save_candidate(mine.row { serial = 1, seconds = 30.0, now = 10.0 }))
      local row = opened:zones({ NAME }, 11.0)[NAME]
      assert.equal(1, row.candidate)
      assert.is_true(row.candidate_for >= 30 and row.candidate_for < 60, row.candidate_for)
      for _, ends in ipairs { "release_publication", "save_candidate" } do
        assert(opened:save_candidate(mine.row { serial = 1, seconds = 30.0 }))
        assert(opened[ends](opened, mine.row { serial = ends == "release_publication" and 1 or nil }))
        row = opened:zones({ NAME }, 11.0)[NAME]
        assert.same({ nil, nil }, { row.candidate, row.candidate_for })
      end
      local _, err = opened:save_candidate { zone = NAME, worker = "nobody", token = 1, now = 1 }
      assert.equal("fenced", err.code)
    end)

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
      place = place_of(server)
      local migrations = schema.migrations
      do
        schema.migrations = { migrations[1] }
        local old <close> = assert(database.open(place))
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
      place = place_of(server)
      local migrations = schema.migrations
      finally(function()
        schema.migrations = migrations
      end)
      schema.migrations = { migrations[1], { "CREATE TABLE half (x INTEGER)", "no SQL at all" } }
      assert.is_nil((database.open(place)))
      schema.migrations = { migrations[1] }
      local opened <close> = assert(database.open(place))
      assert.is_nil((opened:rows "SELECT * FROM half"))
      assert.same({}, opened:rows "SELECT * FROM sources")
    end)

    it("does not use tables of a newer version", function()
      place = place_of(server)
      do
        local db <close> = assert(database.open(place))
        assert(db.driver.set_version(db, 999))
      end
      local opened, err = store.direct(place)
      assert.is_nil(opened)
      assert.truthy(err.message:find("newer", 1, true))
    end)

    it("does all calls of a group that can be done, and tells each what became of it", function()
      place = place_of(server)
      with_thread(place, function(opened, spawn, clock)
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
