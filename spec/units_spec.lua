local log = require "understudy.log"
local suggest = require "understudy.suggest"
local units = require "understudy.units"

describe("a duration", function()
  for text, seconds in pairs { ["5m"] = 300, ["1h30m"] = 5400, ["0.5s"] = 0.5, ["90"] = 90,
    ["2w1d"] = 1296000, [7] = 7 } do
    it(("is read from %s"):format(units.show(text)), function()
      assert.equal(seconds, units.duration(text))
    end)
  end

  for _, text in ipairs { "", "m", "5x", "5m ", "-1s", "1h-5m", "1e3", "99999w", -1, 1 / 0, 0 / 0, {}, true } do
    it(("is not %s"):format(units.show(text)), function()
      local seconds, problem = units.duration(text)
      assert.is_nil(seconds)
      assert.is_string(problem)
    end)
  end

  it("is written in two units at most", function()
    local written = {}
    for i, seconds in ipairs { 0, 0.25, 45, 150, 10800, 10805, 460800 } do
      written[i] = units.span(seconds)
    end
    assert.same({ "0s", "250ms", "45s", "2m30s", "3h", "3h", "5d8h" }, written)
  end)
end)

describe("a share", function()
  it("is a percentage or a fraction of one", function()
    assert.equal(0.2, units.fraction "20%")
    assert.equal(1, units.fraction "100%")
    assert.equal(0.5, units.fraction(0.5))
    for _, bad in ipairs { "101%", "20", "-1%", 2, -0.1, 0 / 0, {} } do
      assert.is_nil((units.fraction(bad)))
    end
  end)
end)

describe("a suggestion", function()
  local known <const> = { "zones", "source", "targets", "listen" }

  it("is the nearest known name, if one is near", function()
    assert.equal("zones", suggest.nearest("zoens", known))
    assert.equal("targets", suggest.nearest("target", known))
    assert.equal("listen", suggest.nearest("Listne", known))
    assert.is_nil(suggest.nearest("frobnicate", known))
    assert.is_nil(suggest.nearest(("x"):rep(100000), known))
  end)

  it("stands in a sentence", function()
    assert.equal("unknown option 'zoens', did you mean 'zones'?", suggest.unknown("option", "zoens", known))
    assert.equal("unknown option 'q'; known: zones, source, targets, listen",
      suggest.unknown("option", "q", known))
  end)
end)

describe("the log", function()
  it("writes one line an event, with what is worse than news marked", function()
    local lines = {}
    local events = log.new { now = function()
      return 1767225600
    end, sink = function(line)
      lines[#lines + 1] = line
    end }
    events:debug "not shown"
    events:info("%s published serial %d", "example.com.", 5)
    events:warning "a 100% plain\nsecond line \27[31m"
    assert.same({
      "2026-01-01T00:00:00Z example.com. published serial 5\n",
      "2026-01-01T00:00:00Z warning: a 100% plain | second line ?[31m\n",
    }, lines)
  end)
end)
