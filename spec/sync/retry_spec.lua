-- How long is waited between attempts: the rules of a policy, and what they do when they are wrong.
local policy = require "understudy.policy"
local retry = require "understudy.sync.retry"
local simulation = require "spec.sync.simulation"

local CONTEXT <const> = { zone = "example.com.", target = "ns-b", elapsed = 0 }

local function host(random)
  local logged = {}
  return { random = function()
    return random or 0.5
  end, logged = logged, log = { error = function(_, format, ...)
    logged[#logged + 1] = format:format(...)
  end } }
end

-- The delays of a rule after its first failures.
local function delays(rule, count, random)
  local list = {}
  for attempt = 1, count do
    list[attempt] = rule:next(attempt, nil, CONTEXT, host(random))
  end
  return list
end

local function parse(settings)
  return policy.parse(([[return policy {
  source = source.file "x", zones = { "example.com" },
  targets = { target.secondary "b" { transfer = "::1", notify = "::1" } },
  retry = %s
}]]):format(settings), "web.lua")
end

local function rule_of(settings)
  return assert(parse(settings)).retry
end

describe("backoff", function()
  it("grows by its factor up to its maximum", function()
    local rule = retry.backoff { first = 1, factor = 2, max = 10, jitter = 0.2 }
    assert.same({ 1, 2, 4, 8, 10, 10 }, delays(rule, 6))
    assert.equal(10, (rule:next(1000000, nil, CONTEXT, host())))
  end)

  it("is spread by its jitter", function()
    local rule = retry.backoff { first = 10, factor = 1, max = 10, jitter = 0.2 }
    assert.same({ 8 }, delays(rule, 1, 0))
    assert.same({ 12 }, delays(rule, 1, 1))
  end)

  it("gives up when its time is over", function()
    local rule = retry.backoff { first = 1, factor = 2, max = 10, jitter = 0, give_up = 100 }
    assert.equal(1, rule:next(1, nil, { elapsed = 99 }, host()))
    assert.is_nil((rule:next(1, nil, { elapsed = 100 }, host())))
  end)
end)

describe("schedule", function()
  it("waits as listed, and at last always the same", function()
    assert.same({ 1, 5, 60, 60 }, delays(rule_of 'schedule { "1s", "5s", "1m" }', 4))
    assert.same({ 0.5, 0.5 }, delays(rule_of 'schedule { 1, jitter = 0.5 }', 2, 0))
  end)

  it("gives up when its time is over", function()
    local rule = rule_of 'schedule { "1s", give_up = "1h" }'
    assert.same({ nil, "the time for retries is over" }, { rule:next(2, nil, { elapsed = 3600 }, host()) })
  end)

  for what, case in pairs {
    ["without a delay"] = { "schedule {}", "web.lua:4: retry: at least 1 element" },
    ["with what is no delay"] = { 'schedule { "1s", "soon" }', "web.lua:4: retry[2]: \"soon\" is not a duration" },
    ["with an unknown option"] = { 'schedule { "1s", jiter = 0.1 }', "web.lua:4: retry.jiter: unknown option" },
    ["that is another thing"] = { "5", "web.lua:4: retry: 5 is not a backoff: write backoff { first = \"1s\", … }" },
  } do
    it(what .. " is refused with its place", function()
      local made, err = parse(case[1])
      assert.is_nil(made)
      assert.truthy(err.message:find(case[2], 1, true), err.message)
    end)
  end
end)

describe("what a peer asks for", function()
  local rules = {
    backoff = 'backoff { first = "1s", jitter = 0 }', schedule = 'schedule { "1s", jitter = 0 }',
    ["a function"] = "function() return 1 end",
  }
  for kind, written in pairs(rules) do
    it("is honoured by " .. kind, function()
      local rule = rule_of(written)
      assert.equal(60, rule:next(1, { retry_after = 60 }, CONTEXT, host()))
      assert.equal(90, rule:next(1, { rate = { remaining = 0, reset = 90 } }, CONTEXT, host()))
      assert.equal(1, rule:next(1, { rate = { remaining = 1, reset = 90 } }, CONTEXT, host()))
    end)
  end

  it("is bounded, and nothing when it is no number of seconds", function()
    assert.equal(86400, retry.asked { retry_after = 1e12 })
    for _, value in ipairs { -1, 0 / 0, math.huge, "60", {} } do
      assert.equal(0, retry.asked { retry_after = value })
      assert.equal(0, retry.asked { rate = { remaining = value, reset = value } })
    end
  end)
end)

describe("a policy's retry function", function()
  it("is told which attempt failed at what and how, and may give up", function()
    local rule = rule_of [[function(attempt, err, context)
      if context.target == "ns-b" and err.code == "refused" then
        return nil, context.zone .. " is refused since " .. context.elapsed .. " s"
      end
      return attempt * 10
    end]]
    assert.equal(20, (rule:next(2, { code = "timeout" }, CONTEXT, host())))
    assert.same({ nil, "example.com. is refused since 7 s" },
      { rule:next(2, { code = "refused" }, { zone = "example.com.", target = "ns-b", elapsed = 7 }, host()) })
  end)

  for what, case in pairs {
    ["throws"] = { "function() error 'oops' end", "web.lua:4: oops" },
    ["throws no text"] = { "function() error {} end", "web.lua:4: retry: it threw a table" },
    ["has a fault"] = { "function(attempt, err)\n return err.nothing.at_all end", "web.lua:5: attempt to index" },
    ["returns a text"] = { "function() return 'soon' end", "web.lua:4: retry: it returned \"soon\", which is no num" },
    ["returns a negative number"] = { "function() return -1 end", "web.lua:4: retry: it returned -1" },
    ["returns not a number"] = { "function() return 0 / 0 end", "which is no number of seconds" },
    ["returns infinity"] = { "function() return math.huge end", "which is no number of seconds" },
    ["does not end"] = { "function()\n while true do end end", "web.lua:5: it does not end within 0.2 seconds" },
  } do
    it("that " .. what .. " is told of with file and line, and the default rule stands in", function()
      local rule, outside = rule_of(case[1]), host()
      for attempt, delay in ipairs { 1, 2, 4, 8 } do
        assert.equal(delay, (rule:next(attempt, { code = "timeout" }, CONTEXT, outside)))
      end
      assert.truthy(rule.fault:find(case[2], 1, true), rule.fault)
      assert.same({ rule.fault }, outside.logged)
    end)
  end

  it("is told of no more once it works again", function()
    local rule = rule_of "function(attempt) if attempt < 3 then error 'oops' end return 7 end"
    rule:next(2, nil, CONTEXT, host())
    assert.is_string(rule.fault)
    assert.equal(7, (rule:next(3, nil, CONTEXT, host())))
    assert.is_nil(rule.fault)
  end)

  it("that is faulty shows in status, while the zone goes its way", function()
    local world = simulation.new { policy = "\n\nretry = function() return nothing.here end," }
    world.targets[1].down = true
    world:edit(simulation.zone_text(10, "www A 192.0.2.1"))
    world:start()
    world:run(5)
    local status = world:status()
    assert.equal("unreachable", status.state)
    assert.equal(1, #status.policy_errors)
    assert.truthy(status.policy_errors[1]:find("policy.lua:%d+: ", 1), status.policy_errors[1])
    world.targets[1].down = false
    world:run(20)
    assert.equal("ok", world:status().state)
  end)
end)
