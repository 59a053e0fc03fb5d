-- Zones and targets fail alone: what is bad or slow never delays what is not; and nobody is asked more than they bear.
local account = require "understudy.sync.account"
local lane = require "understudy.sync.lane"
local simulation = require "spec.sync.simulation"
local time = require "spec.support.time"
local uerror = require "understudy.error"

local function names(count)
  local list = {}
  for i = 1, count do
    list[i] = ("z%d.example"):format(i)
  end
  return list
end

-- A world with so many zones, each with serial 10.
local function new_world(count, targets, settings)
  settings = settings or {}
  settings.zones, settings.targets = names(count), targets
  local world = simulation.new(settings)
  for _, name in ipairs(settings.zones) do
    world:edit(simulation.zone_text(10, "www A 192.0.2.1"), name .. ".")
  end
  return world
end

-- Lets each call of the target take so many seconds, and counts those that are under way.
local function slow(target, seconds, is_slow)
  local deliver, under_way = target.deliver, 0
  target.most = 0
  function target:deliver(publication, host)
    under_way = under_way + 1
    self.most = math.max(self.most, under_way)
    host.clock.sleep((not is_slow or is_slow(publication.zone.origin)) and seconds or 0.01)
    under_way = under_way - 1
    return deliver(self, publication, host)
  end
  return target
end

local function served(target)
  local count = 0
  for _ in pairs(target.serials) do
    count = count + 1
  end
  return count
end

describe("a target", function()
  it("that hangs delays no other", function()
    local hanging, well = slow(simulation.target "ns-a", 1e6), simulation.target "ns-b"
    local world = new_world(100, { hanging, well })
    world:start()
    world:run(2)
    assert.equal(100, served(well))
    assert.equal(0, served(hanging))
    assert.equal(16, hanging.most)
  end)

  it("is asked by so many attempts at once as the policy says", function()
    local target = slow(simulation.target "ns-a", 1)
    target.at_once = 3
    local world = new_world(30, { target })
    world:start()
    world:run(30)
    assert.equal(3, target.most)
    assert.equal(30, served(target))
  end)

  it("that refuses most zones, slowly, still gets the others at once", function()
    local target = simulation.target "ns-a"
    local function is_bad(origin)
      return not origin:find "^z[1-5]%."
    end
    slow(target, 20, is_bad)
    local deliver = target.deliver
    function target:deliver(publication, host)
      if is_bad(publication.zone.origin) then
        host.clock.sleep(20)
        return uerror.fail_temporarily("refused", "REFUSED")
      end
      return deliver(self, publication, host)
    end
    local world = new_world(100, { target })
    world:start()
    world:run(400) -- all have failed, and are tried again and again
    for i = 1, 5 do
      world:edit(simulation.zone_text(11, "www A 192.0.2.2"), ("z%d.example."):format(i))
    end
    world:run(2)
    for i = 1, 5 do
      assert.equal(11, target.serials[("z%d.example."):format(i)])
    end
  end)

  it("whose code has bugs harms only its own deliveries, and goes on when they are mended", function()
    local target, well = simulation.target "ns-a", simulation.target "ns-b"
    local deliver, serial, bug = target.deliver, target.serial, 0
    local function broken()
      bug = bug + 1
      if bug % 4 == 0 then
        error "a bug"
      elseif bug % 4 == 1 then
        return nil
      end
      return nil, bug % 4 == 2 and "a text" or { code = 7 }
    end
    target.deliver, target.serial = broken, broken
    local world = new_world(40, { target, well })
    world:start()
    world:run(300)
    assert.equal(40, served(well))
    assert.is_true(bug > 100, bug)
    assert.equal("lagging", world:status("z1.example.").state)
    target.deliver, target.serial = deliver, serial
    world:run(400)
    assert.equal(40, served(target))
    assert.equal("ok", world:status("z1.example.").state)
  end)

  it("that goes well for most zones still gets to those that failed", function()
    local target = slow(simulation.target "ns-a", 0.4)
    target.at_once = 1
    local world = new_world(5, { target })
    local deliver, tried = target.deliver, 0
    function target:deliver(publication, host)
      if publication.zone.origin == "z1.example." then
        tried = tried + 1
        return uerror.fail_temporarily("refused", "REFUSED")
      end
      return deliver(self, publication, host)
    end
    world:start()
    for serial = 11, 40 do -- more than one place can do
      for i = 2, 5 do
        world:edit(simulation.zone_text(serial, "www A 192.0.2." .. serial), ("z%d.example."):format(i))
      end
      world:run(1)
    end
    assert.is_true(tried >= 4, tried)
  end)
end)

describe("a delivery", function()
  it("waits while nobody can say whether this process still has the zone, and goes on then", function()
    local world = simulation.new { policy = 'retry = backoff { first = "1s", max = "1s" },' }
    local target, heartbeat, stalled = world.targets[1], world.store.heartbeat, nil
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"))
    world:start(true)
    world:run(60)
    world.store.heartbeat = function(store, worker, seconds)
      local pause = stalled and 0 or 2.8 -- before the database does it by its own clock, and again before the answer
      stalled = true
      world.clock.sleep(pause)
      local standing, err = heartbeat(store, worker, seconds, world.clock.now())
      world.clock.sleep(pause)
      return standing, err
    end
    target.down = true
    world:edit(simulation.zone_text(2, "www A 192.0.2.2"))
    world:run_until(function()
      return not world.sync.lease:good()
    end)
    local attempts, since = #target.attempts_at, world.clock.monotonic()
    world:run_until(function()
      return world.sync.lease:good()
    end)
    assert.same({ attempts, true }, { #target.attempts_at, world.clock.monotonic() - since > 1 })
    target.down = false
    world:run(5)
    assert.equal(2, target.serials["example.com."])
  end)
end)

describe("a lane", function()
  it("that is never idle holds no more than there are deliveries", function()
    local tasks = time.new()
    local host = { lanes = {}, accounts = {}, clock = tasks:clock(0), log = {}, spawn = function(_, fn)
      tasks:spawn("lane", fn)
    end }
    local busy = lane.of({ name = "ns-b", at_once = 1 }, host)
    local function delivery(name, go_on)
      return { zone = { name = name }, attempts = 0, tried = 0, need = true, go_on = go_on, has_need = function(self)
        return self.need
      end, attempt = function(self)
        host.clock.sleep(1)
        self.tried = self.tried + 1
        return "answered"
      end }
    end
    for i = 1, 2 do
      busy:ask(delivery("z" .. i, function(self)
        busy:ask(self)
      end))
    end
    local edited = delivery("edited", function() end)
    for round = 1, 50 do
      edited.need = false
      busy:ask(edited)
      edited.need = true
      busy:ask(edited)
      tasks:run(4)
      assert.equal(round, edited.tried)
    end
    assert.is_true(#busy.looks + #busy.fresh + #busy.again <= 3)
  end)
end)

describe("a source", function()
  it("that hangs or breaks delays no zone of another", function()
    local world = new_world(60, { simulation.target "ns-a" })
    for i, zone in ipairs(world.policy.zones) do
      if i % 3 > 0 then
        local hangs = i % 3 == 1
        zone.source = { whole = true, watch = function() end, pull = function()
          world.clock.sleep(hangs and 1e6 or 0)
          error "a bug"
        end }
      end
    end
    world:start()
    world:run(2)
    assert.equal(20, served(world.targets[1]))
    assert.equal("unreachable", world:status("z2.example.").state)
  end)
end)

describe("the breaker of a target", function()
  -- A world whose target went down after all zones had come, and each zone then changed.
  local function with_outage(count, breaker)
    local target = simulation.target "ns-a"
    target.breaker = breaker
    local world = new_world(count, { target, simulation.target "ns-b" })
    world:start()
    world:run(5)
    target.down, target.attempts_at = true, {}
    for i = 1, count do
      world:edit(simulation.zone_text(11, "www A 192.0.2.2"), ("z%d.example."):format(i))
    end
    return world, target
  end

  -- When a target is asked for its serial from now on.
  local function looks_at(world, target)
    local serial, looks = target.serial, {}
    function target:serial(...)
      looks[#looks + 1] = world.clock.monotonic()
      return serial(self, ...)
    end
    return looks
  end

  it("opens after some attempts without an answer, and lets one probe at a time through", function()
    local world, target = with_outage(120)
    world:run(600)
    assert.is_true(#target.attempts_at < 16 + 12, #target.attempts_at)
    assert.equal(120, served(world.targets[2]))
    local shown = world:status("z120.example.")
    assert.equal("unreachable", shown.state)
    assert.truthy(shown.why:find("ns-a: no answer", 1, true), shown.why)
    assert.equal("number", type(shown.targets[1].breaker.since))
    assert.is_true(shown.targets[1].breaker.probe_in <= 300)
    assert.is_nil(shown.targets[2].breaker)
    assert.equal(1, #world:logged "did not answer")
  end)

  it("closes with the first answer, and all that waits goes on", function()
    local world, target = with_outage(120)
    world:run(100)
    target.down = false
    world:run(200)
    for i = 1, 120 do
      assert.equal(11, target.serials[("z%d.example."):format(i)])
    end
    assert.is_nil(world:status("z1.example.").targets[1].breaker)
    assert.equal(1, #world:logged "answers again")
  end)

  it("is open after a restart too, begins with a probe, and closes with the first answer", function()
    local world, target = with_outage(120)
    world:run(600)
    local since = world:status("z120.example.").targets[1].breaker.since
    local begun, looks = world.clock.monotonic(), looks_at(world, target)
    world:start()
    world:run(600)
    assert.is_true(#looks <= 12, #looks)
    assert.is_true(looks[1] < begun + 1)
    assert.is_true(math.abs(world:status("z120.example.").targets[1].breaker.since - since) < 5)
    target.down = false
    world:start()
    world:run(5)
    assert.equal(120, served(target))
    assert.is_nil(world:status("z1.example.").targets[1].breaker)
  end)

  it("is not opened by one that lacked answers less often than that", function()
    local world, target = with_outage(120, 1000)
    world:run(2)
    local looks = looks_at(world, target)
    world:start()
    world:run(1)
    assert.is_true(#looks >= 120, #looks)
    assert.is_nil(world:status("z1.example.").targets[1].breaker)
  end)

  it("lets a person have a probe at once", function()
    local world, target = with_outage(50)
    world:run(600)
    target.down = false
    world.sync:ask "z7.example."
    world:run(1)
    assert.equal(11, target.serials["z7.example."])
  end)

  it("stays closed as long as the policy wants more failures than there are", function()
    local world, target = with_outage(20, 1000)
    world:run(60)
    assert.is_true(#target.attempts_at > 80, #target.attempts_at)
  end)

  it("stays closed while some zones are answered", function()
    local target = simulation.target "ns-a"
    local world, serial = new_world(20, { target }), target.serial
    function target:serial(origin)
      if origin:find "1%.example" then
        return uerror.fail_temporarily("timeout", "no answer")
      end
      return serial(self, origin)
    end
    world:start()
    world:run(30)
    world:edit(simulation.zone_text(11, "www A 192.0.2.2"), "z2.example.")
    world:run(1)
    assert.equal("ok", world:status("z2.example.").state)
    assert.is_nil(world:status("z1.example.").targets[1].breaker)
  end)
end)

describe("an account", function()
  local function pay(targets, setting)
    for _, target in ipairs(targets) do
      target.account = setting
    end
    return targets
  end

  it("lets its targets ask so many times a second, together", function()
    local a, b = simulation.target "ns-a", simulation.target "ns-b"
    local world = new_world(30, pay({ a, b }, { name = "acme", rate = 2, burst = 4 }))
    world:start()
    world:run(1)
    assert.is_true(served(a) + served(b) <= 6, served(a) + served(b))
    world:run(9)
    assert.is_true(served(a) + served(b) <= 24)
    world:run(21)
    assert.equal(60, served(a) + served(b))
  end)

  it("is used for what is to be brought before it is used for mere looks", function()
    local target = simulation.target "ns-a"
    target.at_once = 2
    local world = new_world(60, pay({ target }, { name = "acme", rate = 1 }))
    world:start()
    world:run(302) -- the refresh period is over, and all 60 are to be looked at
    for i = 10, 60, 10 do
      world:edit(simulation.zone_text(11, "www A 192.0.2.2"), ("z%d.example."):format(i))
    end
    world:run(12)
    for i = 10, 60, 10 do
      assert.equal(11, target.serials[("z%d.example."):format(i)])
    end
  end)

  it("has its rate shared with other processes", function()
    local target = simulation.target "ns-a"
    local world = new_world(30, pay({ target }, { name = "acme", rate = 2 }))
    assert(world.store:join("another", 1000, world.clock.now(), false))
    world:start(true)
    world:run(5)
    assert.is_true(served(target) <= 7, served(target))
  end)

  it("has its daily budget over restarts, tells when it is used up, and goes on the next day", function()
    local world = new_world(30, pay({ simulation.target "ns-a", simulation.target "ns-b" },
      { name = "acme", daily = 50 }))
    world:start()
    world:run(30)
    local count = served(world.targets[1]) + served(world.targets[2])
    assert.equal(50, count)
    for _ = 1, 2 do
      local waiting
      for i = 1, 30 do
        local shown = world:status(("z%d.example."):format(i))
        waiting = shown.state == "lagging" and shown or waiting
      end
      local why = "the daily budget of account acme (50) is used up; it refills at 2026-01-02T00:00:00Z"
      assert.truthy(waiting.why:find(why, 1, true), waiting.why)
      assert.truthy(waiting.remedy:find("raise the daily budget of account acme", 1, true), waiting.remedy)
      assert.same({ 50, 1767312000 }, { waiting.targets[1].account.used, waiting.targets[1].account.refills_at })
      world:start()
      world:run(30)
      assert.equal(50, served(world.targets[1]) + served(world.targets[2]))
    end
    world:run(86400)
    assert.equal(60, served(world.targets[1]) + served(world.targets[2]))
    assert.equal("ok", world:status("z1.example.").state)
  end)

  it("waits for all its zones when a peer says that it asks too much", function()
    local target, other = simulation.target "ns-a", simulation.target "ns-b"
    local world = new_world(20, pay({ target, other }, { name = "acme" }))
    local deliver, limited, times = target.deliver, { remaining = 0, reset = 100 }, {}
    function target:deliver(publication, host)
      times[#times + 1] = host.clock.monotonic()
      if limited then
        return nil, uerror.new { code = "limit", message = "429", temporary = true, rate = limited }
      end
      return deliver(self, publication, host)
    end
    target.at_once, other.at_once = 1, 1
    world:start()
    world:run(50)
    assert.equal(1, #times)
    limited = nil
    world:run(49)
    assert.equal(1, #times)
    world:run(60)
    assert.equal(40, served(target) + served(other))
  end)

  it("makes one zone wait that its peer wants to be left alone about, whatever else happens to it", function()
    local target = simulation.target "ns-a"
    local world = new_world(3, { target })
    local deliver, tried = target.deliver, 0
    function target:deliver(publication, host)
      if publication.zone.origin == "z1.example." then
        tried = tried + 1
        return nil, uerror.new { code = "refused", message = "later", temporary = true, retry_after = 3000 }
      end
      return deliver(self, publication, host)
    end
    world:start()
    world:run(1000)
    world:edit(simulation.zone_text(11, "www A 192.0.2.2"), "z1.example.")
    world:run(1000)
    assert.equal(1, tried)
    assert.equal(2, served(target))
    world:run(1100)
    assert.equal(2, tried)
  end)

  it("is asked by a target for what an attempt needs beyond one request", function()
    local target = simulation.target "ns-a"
    target.account = { name = "acme", daily = 1000 }
    local deliver = target.deliver
    function target:deliver(publication, host)
      assert(host.spend(9))
      return deliver(self, publication, host)
    end
    local world = new_world(10, { target })
    world:start()
    world:run(20)
    assert.equal(10, served(target))
    assert.equal(100, world:status("z1.example.").targets[1].account.used)
  end)

  it("does not ask while the store can't tell what is left", function()
    local world = simulation.new()
    local host = { clock = world.clock, store = { spend = function()
      return uerror.fail_temporarily("io", "disk full")
    end } }
    local acme = account.new({ name = "acme", daily = 10 }, host)
    local ok, err = acme:take(1)
    assert.is_nil(ok)
    assert.equal("budget", err.code)
    assert.equal(5, (acme:wait()))
  end)
end)
