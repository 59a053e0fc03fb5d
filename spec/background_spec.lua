-- Long work on another thread: the same results, while the loop goes on.
local background = require "understudy.background"
local core = require "understudy.core"
local cqueues = require "cqueues"
local loop = require "spec.support.loop"
local support = require "spec.support.dns"

describe("work in the background", function()
  local path, bad, zone

  setup(function()
    path, bad = os.tmpname(), os.tmpname()
    zone = support.numbered_zone(60000)
    assert(zone:write(path))
    local file <close> = assert(io.open(bad, "w"))
    file:write(zone:text(), "host-1.example.com. 300 IN A nonsense\n")
  end)

  teardown(function()
    os.remove(path)
    os.remove(bad)
  end)

  -- What `work` gives, and how often another task had its turn meanwhile.
  local function beside(work)
    local turns, results = 0, nil
    loop.run(function(queue)
      queue:wrap(function()
        while not results do
          turns = turns + 1
          cqueues.sleep(0.001)
        end
      end)
      results = table.pack(work())
    end)
    return turns, table.unpack(results)
  end

  it("reads a zone", function()
    local turns, read = beside(function()
      return background.parse_file { file = path }
    end)
    assert.equal(zone, read)
    assert.is_true(turns > 3, turns)
    assert.equal(zone, background.parse_file { file = path }) -- outside a loop
  end)

  it("tells what is wrong with one", function()
    local _, none, err = beside(function()
      return background.parse_file { file = bad }
    end)
    local _, expected = core.parse { file = bad }
    assert.is_nil(none)
    assert.equal(expected.message, err.message)
    assert.equal(expected.line, err.line)
    assert.equal(#expected.report, #err.report)
    _, none, err = beside(function()
      return background.parse_file { file = path .. ".nothing" }
    end)
    assert.is_nil(none)
    assert.equal("io", err.code)
  end)

  it("checks a zone, by the options that it was given", function()
    local options = { set = "strict", severities = { { rule = "zone.ns.single", severity = "off" } } }
    local turns, report = beside(function()
      return background.check(zone, options)
    end)
    local expected = zone:check(options)
    assert.same(expected.counts, report.counts)
    assert.equal(#expected, #report)
    assert.is_true(turns > 1, turns)
    assert.is_nil(options.background)
  end)

  it("may be forgotten, and its zone closed meanwhile", function()
    for _ = 1, 3 do
      local job
      do
        local own <close> = assert(core.parse { file = path })
        job = own:check { background = true }
      end
      assert.equal(zone:check().errors, job:finish().errors)
      assert(core.parse { file = path, background = true })
      collectgarbage()
      collectgarbage()
    end
  end)
end)
