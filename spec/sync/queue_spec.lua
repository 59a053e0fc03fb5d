local queue = require "understudy.sync.queue"
local schedule = require "understudy.sync.schedule"

-- A clock for code that never has to wait.
local clock = { condition = function()
  return { wait = error, signal = function() end }
end }

describe("the queue", function()
  local waiting

  before_each(function()
    waiting = queue.new()
  end)

  it("has one entry a zone, first come first served, with all causes", function()
    waiting:mark("a.", "start")
    waiting:mark("b.", "start")
    waiting:mark("a.", "source changed")
    waiting:mark("a.", "start")
    assert.equal(2, #waiting)
    local lease = waiting:take()
    assert.equal("a.", lease.zone)
    assert.equal("start, source changed", lease.cause)
    assert.equal("b.", waiting:take().zone)
  end)

  it("leases a zone to one worker at a time, and again for what came meanwhile", function()
    waiting:mark("a.", "first")
    local lease = waiting:take()
    local ticket = waiting:mark("a.", "second")
    waiting:mark("b.", "other")
    assert.is_true(ticket > lease.number)
    assert.equal("b.", waiting:take().zone)
    waiting:done(lease)
    local again = waiting:take()
    assert.same({ "a.", "second", ticket }, { again.zone, again.cause, again.number })
    waiting:done(again)
    assert.has_error(function()
      waiting:done(again)
    end)
  end)

  it("covers with a lease what was marked before it was taken", function()
    local ticket = waiting:mark("a.", "one")
    waiting:mark("a.", "two")
    local lease = waiting:take()
    assert.is_true(lease.number >= ticket)
    waiting:done(lease)
    assert.equal(0, #waiting)
  end)
end)

describe("the schedule", function()
  it("gives keys in the order of their times, each once, at its last one", function()
    local timers, times = schedule.new(clock), {}
    for i = 1, 200 do
      timers:at("key " .. i, (i * 7919) % 1000)
      times["key " .. i] = (i * 104729) % 1000
      timers:at("key " .. i, times["key " .. i])
    end
    timers:cancel "key 100"
    times["key 100"] = nil
    local last, seen = -1, 0
    while timers:next() do
      local now = timers:next()
      assert.is_true(now > last)
      for _, key in ipairs(timers:due(now)) do
        assert.equal(now, times[key])
        times[key], seen = nil, seen + 1
      end
      last = now
    end
    assert.equal(199, seen)
  end)

  it("holds no more than a few times its keys, however often they are moved", function()
    local timers = schedule.new(clock)
    for i = 1, 10000 do
      timers:at("a", 1000 + i)
      timers:at("b", 20000 - i)
      timers:cancel(i % 2 == 0 and "a" or "none")
    end
    assert.is_true(#timers.heap < 100, #timers.heap)
    timers:at("a", 5)
    assert.same({ "a" }, timers:due(9999))
    assert.same({ "b" }, timers:due(10000))
    assert.is_nil(timers:next())
  end)

  it("gives nothing before its time", function()
    local timers = schedule.new(clock)
    timers:at("later", 10)
    timers:at("sooner", 5)
    assert.same({}, timers:due(4.9))
    assert.same({ "sooner", "later" }, timers:due(10))
    assert.is_nil(timers:next())
  end)
end)
