-- Who has which zone, what was said and found, answers and deliveries: what the store remembers besides versions, in
-- SQLite and in PostgreSQL.
local database = require "understudy.store.database"
local stores = require "spec.support.stores"

local NAME <const> = stores.NAME
local writer, zone_of = stores.writer, stores.zone_of

for _, kind in ipairs(stores.KINDS) do
  describe("the store in " .. kind, function()
    local fixture = stores.fixture(kind)
    local open = fixture.open

    setup(fixture.start)
    after_each(fixture.forget)
    teardown(fixture.stop)

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
      local ids = assert(opened:post_event(NAME, "NOTIFY", 1.0))
      assert(opened:post_event(NAME, "told", 1.0, { { owner = "a.", type = "A" }, { owner = "b." } }))
      assert(opened:post_event("other.example.", "NOTIFY", 1.0))
      local function waiting(worker)
        local list = {}
        for i, event in ipairs(opened:events(worker, 10, 3.0)) do
          list[i] = { event.cause, event.owner, event.type }
        end
        return list
      end
      assert.same({}, waiting "other")
      assert.same({ { "NOTIFY" }, { "told", "a.", "A" }, { "told", "b." } }, waiting "w")
      assert(opened:take_events("w", ids))
      assert.same({ { "told", "a.", "A" }, { "told", "b." } }, waiting "w")
    end)

    it("keeps what was said to be deleted until a run of whoever has the zone took it into account", function()
      local opened <close> = open()
      local first = writer(opened, "first")
      local ids = assert(opened:post_event(NAME, "told", 1.0, { { owner = "a.", type = "A", gone = true },
        { owner = "b.", gone = true }, { owner = "c.", gone = true } }))
      local function deletions()
        local owners = {}
        for i, event in ipairs(opened:deletions({ NAME, "other.example." }, 3.5)) do
          owners[i] = event.owner
          assert.is_true(event.age >= 0 and event.age < 60)
        end
        return table.concat(owners, " ")
      end
      local event = opened:events("first", 10, 3.5)[1]
      event.age = kind == "postgresql" and 2.5 or event.age -- its own clock tells that
      assert.same({ id = ids[1], zone = NAME, cause = "told", owner = "a.", type = "A", gone = true, age = 2.5 }, event)
      assert(opened:take_events("first", ids))
      assert.same({ {}, "a. b. c." }, { opened:events("first", 10, 3.5), deletions() })
      assert(opened:save_run(first.row { generation = 1, cause = "c", at = 1.0, outcome = "o", why = "",
        forget = { ids[1] } }))
      assert.equal("b. c.", deletions())

      assert(opened:leave "first")
      local second = writer(opened, "second")
      assert.equal(2, #opened:events("second", 10, 3.5)) -- no longer in hand
      assert.equal("fenced", select(2, opened:save_run(first.row { generation = 1, cause = "c", at = 1.0, outcome = "o",
        why = "", forget = ids })).code)
      assert.equal("b. c.", deletions())

      local again = assert(opened:post_event(NAME, "told", 2.0, { { owner = "b.", gone = true } }))
      second.run = { generation = 1, cause = "c", at = 1.0, outcome = "published", why = "", forget = ids }
      assert(second.publish(zone_of(1)))
      assert.equal("b.", deletions()) -- what was said once more meanwhile
      assert.equal(again[1], opened:deletions({ NAME }, 3.5)[1].id)
    end)

    it("forgets with a deletion the same from before, which is there twice if two said it at once", function()
      local opened <close> = open()
      local mine = writer(opened)
      local ids = assert(opened:post_event(NAME, "told", 1.0, { { owner = "b.", gone = true } }))
      do
        local db <close> = assert(database.open(fixture.where()))
        for _, row in ipairs { { NAME, "b.", 1 }, { NAME, "a.", 1 }, { NAME, "b.", 0 },
          { "other.example.", "b.", 1 } } do
          ids[#ids + 1] = assert(db:insert([[INSERT INTO events (zone, cause, at, owner, gone)
            VALUES (:zone, 'told', 1.0, :owner, :gone)]], { zone = row[1], owner = row[2], gone = row[3] }))
        end
      end
      assert(opened:save_run(mine.row { generation = 1, cause = "c", at = 1.0, outcome = "o", why = "",
        forget = { ids[2] } }))
      local left = opened:deletions({ NAME, "other.example." }, 1.0)
      assert.same({ ids[3], ids[5] }, { left[1].id, left[2].id })
      assert.same({ 2, 2 }, { #left, #opened:events("w", 10, 1.0) })
    end)

    it("keeps no more events of a zone than a few, whoever says what", function()
      local opened <close> = open()
      writer(opened, "w")
      local function count()
        return #opened:events("w", 1000, 1.0)
      end
      local function named(from, to, gone)
        local events = {}
        for i = from, to do
          events[#events + 1] = { owner = "h" .. i, gone = gone }
        end
        return events
      end
      for _ = 1, 3 do
        assert(opened:post_event(NAME, "NOTIFY", 1.0))
        assert(opened:post_event(NAME, "told", 1.0, named(1, 60, true)))
        assert(opened:post_event(NAME, "told", 1.0, named(1, 60)))
      end
      assert.equal(121, count())
      local ids, err = opened:post_event(NAME, "told", 1.0, named(50, 101, true))
      assert.same({ nil, "busy", 121 }, { ids, err.code, count() })
      assert(opened:post_event(NAME, "told", 1.0, named(61, 100, true)))
      assert.equal(161, count())
      assert(opened:post_event(NAME, "told", 1.0, named(61, 100)))
      local events = opened:events("w", 1000, 1.0)
      assert.same({ 101, "told" }, { #events, events[101].cause })
      assert.same({}, { events[101].owner, events[101].gone })
      for i = 1, 300 do
        assert(opened:post_event(NAME, "frozen by " .. i, 1.0))
      end
      assert.is_true(count() <= 201)
      assert.equal("frozen by 300", opened:events("w", 1000, 1.0)[count()].cause)
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
        assert(opened:post_event(NAME, "at " .. at, at))
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
      local gone = { target = "gone.example.", last_lookup = 4.0 }
      local used = { target = "used.example.", last_lookup = 4.0 }
      assert.same({ gone, used }, opened:old_answers("", 5.0, 10))
      assert.same({ used }, opened:old_answers("gone.example.", 5.0, 10))
      for _, forget in ipairs { { "forget_targets", { "gone.example." } },
        { "forget_delivery", { zone = NAME, target = "c" } } } do
        local _, err = opened[forget[1]](opened, { worker = "other", now = 1.0 }, forget[2])
        assert.equal("fenced", err.code)
      end
      assert(opened:forget_targets(lease, { "gone.example." }, 3.0)) -- it was asked for since
      assert.equal(1, #opened:answers_of { "gone.example." })
      assert(opened:forget_targets(lease, { "gone.example." }, 4.0))
      assert.same({}, opened:answers_of { "gone.example." })
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
  end)
end
