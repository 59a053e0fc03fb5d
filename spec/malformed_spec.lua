-- Zone files with one fault each. The first line says which finding must come of it, and where:
--   ; expect rdata.syntax 7:20
-- That finding must be the only error, from the library and from the command.
local command = require "spec.support.command"
local lfs = require "lfs"
local understudy = require "understudy"

local FOLDER <const> = "spec/fixtures/malformed"
local KINDS <const> = 60

---@class spec.Fault
---@field path string
---@field rule string
---@field place string

---@return spec.Fault
local function read_expectation(path)
  local file <close> = assert(io.open(path, "rb"))
  local first = file:read "l"
  local rule, place = first:match "; expect ([%w._]+) (%d+:%d+)"
  assert(rule, path .. " does not say what to expect")
  return { path = path, rule = rule, place = place }
end

local faults = {}
for name in lfs.dir(FOLDER) do
  if name:match "%.zone$" then
    faults[#faults + 1] = read_expectation(FOLDER .. "/" .. name)
  end
end
table.sort(faults, function(a, b)
  return a.path < b.path
end)

local function errors_of(report)
  local found = {}
  for i = 1, #report do
    local finding = report[i]
    if finding.severity == "error" then
      local place = finding.records[1]
      found[#found + 1] = ("%s %s:%d:%d"):format(finding.id, place.file, place.line, place.column)
    end
  end
  return found
end

describe("a malformed zone file", function()
  it("is there in many kinds", function()
    assert.is_true(#faults >= KINDS)
  end)

  for _, fault in ipairs(faults) do
    local expected = ("%s %s:%s"):format(fault.rule, fault.path, fault.place)

    it("gives one error: " .. expected, function()
      local zone, err = understudy.parse { file = fault.path, include = FOLDER }
      assert.is_nil(zone)
      assert.equal("syntax", err.code)
      assert.same({ expected }, errors_of(err.report))
      assert.equal(("%s:%s: %s"):format(fault.path, fault.place, err.message), tostring(err))
    end)

    it("fails the command: " .. fault.path, function()
      local result = command.run("check", fault.path)
      assert.equal(1, result.status)
      assert.equal("", result.err)
      local line = ("%s:%s: error %s: "):format(fault.path, fault.place, fault.rule)
      assert.equal(line, result.out:sub(1, #line))
      assert.matches("\n1 error, %d+ warnings?\n$", result.out)
      assert.is_nil(result.out:find "traceback")
    end)
  end
end)
