-- What a running sync forgets, and what it tells other processes of findings.
local judge = require "understudy.sync.judge"
local retention = require "understudy.sync.retention"
local settled = require "understudy.sync.settled"
local simulation = require "spec.sync.simulation"
local sync = require "understudy.sync"
local uerror = require "understudy.error"

local HOUR <const> = 3600
local DAY <const> = 24 * HOUR

-- What another process, or a command without a daemon, sees of the zone.
local function seen_by_another(world)
  return assert(sync.new(world.policy, {
    clock = world.clock, store = world.store, answers = judge.answers(world.policy),
  })):zone_status "example.com."
end

describe("retention", function()
  it("forgets nothing as soon as the clock leaps ahead, and what is old a day later if it stays so", function()
    local world = simulation.new { policy = 'keep = { age = "30d", publications = 5 },' }
    local store, clock = world.store, world.clock
    assert(store:register { "example.com." })
    assert(store:join("worker", 1e12, clock.now(), true))
    assert(store:claim("worker", { "example.com." }, clock.now()))
    assert(store:post_event("example.com.", "of long ago", clock.now()))
    world.tasks:spawn(1, function()
      retention.run({}, { clock = clock, store = store, policy = world.policy, log = world.log, random = world.random,
        lease = { worker = "worker" }, settled = settled.new(clock, world.log) })
    end)
    local function is_kept()
      return #assert(store:events("worker", 10)) == 1
    end
    world:run(3 * HOUR)
    clock:step(400 * DAY)
    world:run(3 * HOUR)
    assert.is_true(is_kept())
    assert.equal(1, #world:logged "the clock leapt ahead")
    clock:step(-400 * DAY)
    world:run(2 * DAY)
    assert.is_true(is_kept())
    clock:step(400 * DAY)
    world:run(20 * HOUR)
    assert.is_true(is_kept())
    world:run(6 * HOUR)
    assert.is_false(is_kept())
  end)
end)

describe("a running sync", function()
  it("forgets runs, events, answers that no zone refers to and deliveries to targets that are gone", function()
    local world = simulation.new { policy = 'keep = { age = "3h", publications = 5 }, refresh = "6h",' }
    local store, start = world.store, world.clock.now()
    world.resolver.names["host.example.net. A"] = { ttl = 86400, addresses = { "198.51.100.1" } }
    world:edit(simulation.zone_text(1, "@ ALIAS host.example.net."))
    world:start()
    world:run(5)
    local function answer(target)
      return {
        target = target, type = "A", state = "fresh", last = "addresses", ttl = 300, addresses = { "192.0.2.1" },
        chain = {}, ttl_seen = 0.0, low_ttls = 0, last_success = start, last_lookup = start, next_refresh = start,
        first_empty = 0.0, failures = 0, empties = 0,
      }
    end
    assert(store:save_answers { answer "orphan.example." })
    assert(store:post_event("other.example.", "of a zone that nobody has", start))
    local zone = world.sync.zones["example.com."]
    assert(store:save_delivery { zone = zone.name, worker = zone.lease.worker, token = zone.lease.token, now = start,
      target = "gone", state = "lagging", wanted = 1, attempts = 3, since = start })
    local function kept()
      return {
        orphan = #store:answers_of { "orphan.example." }, used = #store:answers_of { "host.example.net." },
        deliveries = #store:deliveries({ zone.name })[zone.name], runs = #store:runs(zone.name, 100),
        publications = #store:history(zone.name),
      }
    end
    world:run(2 * HOUR)
    assert.same({ orphan = 1, used = 2, deliveries = 2, runs = 1, publications = 1 }, kept())
    world:run(3 * HOUR)
    assert.same({ orphan = 0, used = 2, deliveries = 1, runs = 0, publications = 1 }, kept())
    assert.equal("ok", world:status().state)
  end)

  it("leaves its findings where other processes see them, until they are gone", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local before = #seen_by_another(world).findings.list
    world:edit(simulation.zone_text(2, "www A 192.0.2.1\nwww CNAME a.example.net.\nprivate A 10.0.0.1"))
    world:run(5)
    local mine, other = world:status().findings, seen_by_another(world).findings
    assert.equal("cname.coexist", other.list[1].id)
    assert.same({ mine.errors, mine.warnings, #mine.list }, { other.errors, other.warnings, #other.list })
    for i, finding in ipairs(mine.list) do
      assert.same({ finding.fingerprint, finding.message, finding.records[1].line },
        { other.list[i].fingerprint, other.list[i].message, other.list[i].records[1].line })
    end
    local since = world.store:findings({ "example.com." })["example.com."][1].since
    world:run(100)
    assert(world.sync:acknowledge("example.com.", { fingerprint = mine.list[2].fingerprint, who = "ann", reason = "r",
      ["until"] = world.clock.now() + 1000 }))
    world:run(5)
    other = seen_by_another(world).findings
    assert.equal(1, #other.acknowledged)
    assert.equal("ann", other.acknowledged[1].acknowledged.who)
    assert.equal(since, world.store:findings({ "example.com." })["example.com."][1].since)
    world:edit(simulation.zone_text(3, "www A 192.0.2.1"))
    world:run(5)
    assert.equal(before, #seen_by_another(world).findings.list + #seen_by_another(world).findings.acknowledged)
  end)

  it("writes findings down again when nobody knows which ones the store has", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local before, save = #seen_by_another(world).findings.list, world.store.save_findings
    world.store.save_findings = function(...)
      world.store.save_findings = save
      assert(save(...))
      return uerror.fail_temporarily("io", "the connection was lost")
    end
    world:edit(simulation.zone_text(2, "www A 192.0.2.1\nprivate A 10.0.0.1"))
    world:run(5)
    assert.equal(before + 1, #seen_by_another(world).findings.list)
    assert.equal(1, #world:logged "findings are not written down: the connection was lost")
    world:edit(simulation.zone_text(3, "www A 192.0.2.1"))
    world:run(5)
    assert.equal(before, #seen_by_another(world).findings.list)
  end)

  it("writes with its next run what could not be written of a judgement", function()
    local world = simulation.new()
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local function fail_once(...)
      for _, name in ipairs { ... } do
        local original = world.store[name]
        world.store[name] = function()
          world.store[name] = original
          return uerror.fail_temporarily("io", "disk full")
        end
      end
    end
    local before = #seen_by_another(world).findings.list
    for serial, case in ipairs { { "www CNAME a.b.", "save_verdict", "invalid" }, { "", "forget_verdict", "ok" } } do
      fail_once(case[2], "save_findings")
      world:edit(simulation.zone_text(1 + serial, "www A 192.0.2.1\n" .. case[1]))
      world:run(5)
      assert.not_equal(case[3], seen_by_another(world).state)
      world.sync:mark("example.com.", "refresh")
      world:run(5)
      assert.equal(case[3], seen_by_another(world).state)
      assert.equal(case[3] == "ok", #seen_by_another(world).findings.list == before)
    end
    assert.equal(1, #world:logged "the verdict is not written down: disk full")
    assert.equal(1, #world:logged "the verdict is not forgotten: disk full")
    assert.equal(2, #world:logged "findings are not written down: disk full")
  end)
end)
