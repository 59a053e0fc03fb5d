-- The conformance tests of docs/alias.md: each numbered statement has a test that names it, and each test a statement.
-- ALIAS_COMMAND runs them against another implementation; the page says how.
local world = require "spec.conformance.alias.world"

local PARTS <const> = {
  "record", "place", "targets", "chains", "ttl", "lookups", "addresses", "memory", "refresh", "pool", "url", "regions",
}

-- The numbers that the page gives to its statements, in their order.
local function numbers()
  local list = {}
  for line in io.lines "docs/alias.md" do
    list[#list + 1] = line:match "^%- %*%*(%u%-%d+)%*%* "
  end
  return list
end

describe("docs/alias.md:", function()
  local here
  local tested = {}

  setup(function()
    here = world.start()
  end)
  teardown(function()
    here:stop()
  end)

  local function statement(number, what, test)
    tested[number] = true
    it(("%s: %s"):format(number, what), function()
      test(here)
    end)
  end

  for _, part in ipairs(PARTS) do
    require("spec.conformance.alias." .. part)(statement)
  end

  it("every statement has a test, and every test a statement", function()
    local stated = {}
    for _, number in ipairs(numbers()) do
      assert.is_nil(stated[number], number .. " is given to two statements")
      assert.is_true(tested[number], number .. " has no test")
      stated[number] = true
    end
    for number in pairs(tested) do
      assert.is_true(stated[number], number .. " is no statement")
    end
  end)
end)
