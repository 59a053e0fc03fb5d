-- Input that is too large, too long, too wrong, or changes while it is read: a clear error each time, in bounded memory
-- and time. Each case runs in a process of its own, whose peak of memory the system counts.
--
-- UNDERSTUDY_LIMITS=1 (make limits) adds what takes minutes: a valid zone file of 1 GB, and one that is nothing.
local command = require "spec.support.command"
local understudy = require "understudy"

local MEGA <const> = 1 << 20
local LONG <const> = os.getenv "UNDERSTUDY_LIMITS" ~= nil
local SANITIZED <const> = (os.getenv "UNDERSTUDY_BUILD" or ""):match "sanitize" ~= nil -- they need memory themselves
local SOA <const> = "@ 60 IN SOA ns admin 1 2 3 4 5\n@ 60 NS ns.example.net.\n"

-- Reads the file with the options, and prints what came of it and the peak of memory in octets.
local CHILD <const> = [[
local understudy = require "understudy"
local zone, err = understudy.parse { file = %q, origin = "example.", %s }
print(zone and #zone or tostring(err))
print(err and err.code, err and err.report and err.report.errors, err and err.report and #err.report)
for line in io.lines "/proc/self/status" do
  local peak = line:match "VmHWM:%%s*(%%d+) kB"
  if peak then print(peak * 1024) end
end
]]

local folder, remove, path

--- Writes pieces, each a text or { text, times }.
local function write(pieces)
  local file <close> = assert(io.open(path, "wb"))
  for _, piece in ipairs(pieces) do
    if type(piece) == "string" then
      file:write(piece)
    else
      local block = piece[1]:rep(1000)
      for _ = 1, piece[2] // 1000 do
        file:write(block)
      end
    end
  end
end

---@class spec.Outcome
---@field says string the number of records, or the error
---@field code string
---@field errors string
---@field kept string findings in the report
---@field peak integer octets of memory

---@return spec.Outcome
local function read(options)
  local script = folder .. "/child.lua"
  do
    local file <close> = assert(io.open(script, "w"))
    file:write(CHILD:format(path, options or ""))
  end
  local result = command.shell("lua5.4 " .. script)
  assert.equal(0, result.status, result.err)
  local says, code, errors, kept, peak = result.out:match "^([^\n]*)\n(%S+)\t(%S+)\t(%S+)\n(%d+)\n"
  return { says = says:gsub(path:gsub("%p", "%%%0"), "FILE"), code = code, errors = errors, kept = kept,
    peak = math.tointeger(peak) }
end

--- However large the file is: no more than a process needs, and what `records` take.
local function assert_bounded(outcome, records)
  if not SANITIZED then
    local most = 48 * MEGA + (records or 0) * 160
    assert.is_true(outcome.peak < most, ("%.0f MB of memory"):format(outcome.peak / MEGA))
  end
end

local function pick(long, short)
  return LONG and long or short
end

setup(function()
  folder, remove = command.folder {}
  path = folder .. "/large.zone"
end)

teardown(function()
  remove()
end)

describe("a line of 64 MiB", function()
  for name, case in pairs {
    ["that is one word"] = { "", { "x", 64 * MEGA }, "FILE:3:1: the line is longer than 1048576 octets" },
    ["of many words"] = { "", { " x", 32 * MEGA }, "FILE:3:1: the line is longer than 1048576 octets" },
    ["in parentheses"] = { "(", { " x\n", 21 * MEGA }, "FILE:3:7: this \"(\" is not closed within 1048576 octets" },
    ["in quotes"] = { "\"", { "x", 64 * MEGA }, "FILE:3:1: the line is longer than 1048576 octets" },
  } do
    it(name .. " is an error with its place", function()
      write { SOA, "a TXT ", case[1], case[2], "\n" }
      local outcome = read()
      assert.equal("syntax", outcome.code)
      assert.equal(case[3], outcome.says)
      assert_bounded(outcome)
    end)
  end
end)

describe("a million errors", function()
  it("end the reading after the first hundred", function()
    write { SOA, { "a 60 A x\n", 1000000 } }
    local outcome = read()
    assert.equal("FILE:3:8: A address x is not an IPv4 address … and 100 more", outcome.says)
    assert.equal("101", outcome.errors) -- the last one says that there are too many
    assert_bounded(outcome)
  end)

  it("are counted if it is asked for, and a thousand of them kept", function()
    write { SOA, { "a 60 A x\n", 1000000 } }
    local outcome = read "max_errors = 2000000"
    assert.equal("FILE:3:8: A address x is not an IPv4 address … and 999999 more", outcome.says)
    assert.equal("1000000", outcome.errors)
    assert.equal("1000", outcome.kept)
    assert_bounded(outcome)
  end)

  it("of reading that leave a zone are counted too", function()
    write { SOA, { "a 60 A 192.0.2.1\nb. 60 A 192.0.2.1\n", 500000 } }
    local outcome = read()
    assert.equal("3", outcome.says)
    assert_bounded(outcome, 1000000) -- each record is kept until all are known
  end)
end)

-- Eight times as many lines take eight times as long; twice that again is left to chance. What grows with the square of
-- their number takes 64 times as long.
describe("reading and checking takes time in proportion", function()
  local FEW <const>, TIMES <const>, MOST <const>, TRIES <const> = 4000, 8, 24, 3

  --- The least time of the processor for so many lines.
  local function least_time(line, count)
    local lines, least = { SOA }, math.huge
    for i = 1, count do
      lines[i + 1] = line(i, count)
    end
    local text <const> = table.concat(lines)
    for _ = 1, TRIES do
      local begin <const> = os.clock()
      local zone = understudy.parse { text = text, origin = "example.", max_errors = count + 1 }
      if zone then
        zone:check()
      end
      least = math.min(least, os.clock() - begin)
    end
    return least
  end

  for name, line in pairs {
    ["to owners in order"] = function(i) return ("h%07d 60 A 192.0.2.1\n"):format(i) end,
    ["to owners in reverse"] = function(i, count) return ("h%07d 60 A 192.0.2.1\n"):format(count - i) end,
    ["to owners that come back"] = function(i) return ("h%d 60 TXT x%d\n"):format(i % 3, i) end,
    ["to the records of one set"] = function(i, count) return ("h 60 TXT %07d\n"):format(count - i) end,
    ["to records that are there twice"] = function() return "h 60 A 192.0.2.1\n" end,
    ["to TTLs that differ"] = function(i) return ("h%d %d A 192.0.2.%d\n"):format(i // 2, i, i % 2) end,
    ["to a chain of CNAMEs"] = function(i) return ("h%d 60 CNAME h%d\n"):format(i, i + 1) end,
    ["to delegations"] = function(i) return ("h%d 60 NS ns.h%d\nns.h%d A 192.0.2.1\n"):format(i, i, i) end,
    ["to parentheses"] = function(i) return ("h%d 60 TXT ( \"a\"\n b ; c\n )\n"):format(i) end,
    ["to directives"] = function(i) return ("$ORIGIN s%d.example.\n$TTL %d\n@ A 192.0.2.1\n"):format(i, i) end,
    ["to records outside the zone"] = function(i) return ("h%d.other. 60 A 192.0.2.1\n"):format(i) end,
    ["to faults"] = function(i) return ("h%d 60 A x\n"):format(i) end,
  } do
    it(name, function()
      local times <const> = least_time(line, FEW * TIMES) / least_time(line, FEW)
      assert.is_true(times < MOST, ("%.1f times as long for %d times as much"):format(times, TIMES))
    end)
  end
end)

describe("a file", function()
  it("of more than 4 GiB is refused before it is read", function()
    write { SOA }
    assert(os.execute(("truncate -s 5G '%s'"):format(path)))
    local outcome = read()
    assert.equal("limit", outcome.code)
    assert.equal("FILE: there are more than 4294967295 octets; nothing was read", outcome.says)
    assert_bounded(outcome)
  end)

  it("of a hole is an error at its first octet", function()
    write { "" }
    local megas = pick(1024, 64)
    assert(os.execute(("truncate -s %dM '%s'"):format(megas, path)))
    local outcome = read()
    assert.equal("syntax", outcome.code)
    assert.matches("^FILE:1:1: a NUL octet", outcome.says)
    assert_bounded(outcome)
  end)

  it(("of %s is read when it is valid"):format(pick("1 GB", "12 MB")), function()
    local records = pick(30000000, 400000)
    do
      local file <close> = assert(io.open(path, "wb"))
      file:write(SOA)
      for i = 1, records, 1000 do
        local lines = {}
        for j = i, i + 999 do
          lines[#lines + 1] = ("host-%07x 3600 IN A 10.%d.%d.%d\n"):format(j, j >> 16 & 255, j >> 8 & 255, j & 255)
        end
        file:write(table.concat(lines))
      end
      assert.is_true(file:seek() >= pick(1000, 12) * 1000000)
    end
    local outcome = read()
    assert.equal(tostring(records + 2), outcome.says)
    assert_bounded(outcome, records)
  end)

  -- A writer that does not rename: the file is emptied and written again, over and over, while it is read.
  it("that is written to while it is read is told from one that is whole", function()
    local records <const> = 20000
    local text = {}
    for i = 1, records do
      text[i] = ("h%d 60 A 192.0.2.1\n"):format(i)
    end
    write { SOA, table.concat(text) }
    local line = "cd '%s' && cp large.zone whole && touch on && "
      .. "while [ -e on ]; do cat whole >large.zone; sleep 0.2; done"
    local writer = io.popen(line:format(folder) .. "; echo done")
    local seen = { whole = 0, changed = 0 }
    local stop <const> = os.time() + 60
    repeat
      local zone, err = understudy.parse { file = path, origin = "example." }
      local what = zone and #zone == records + 2 and "whole"
        or tostring(err):find("changed while it was read", 1, true) and "changed" or "other"
      seen[what] = (seen[what] or 0) + 1
    until seen.whole > 2 and seen.changed > 2 or os.time() > stop
    os.remove(folder .. "/on")
    assert.equal("done", writer:read "l")
    writer:close()
    assert.is_true(seen.whole > 2 and seen.changed > 2)
    assert.equal(records + 2, #assert(understudy.parse { file = path, origin = "example." }))
  end)
end)
