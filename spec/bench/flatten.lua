--- flatten: a zone of many ALIAS records turned into standard ones from remembered answers, inside one process.

local core = require "understudy.core"
local monotime = require("cqueues").monotime
local report = require "spec.bench.report"
local samples = require "spec.bench.samples"

local M = {}

local COUNT <const>, ROUNDS <const> = 10000, 21
local MILLI <const>, MICRO <const> = 1e3, 1e6

local HEAD <const> = [[
$ORIGIN example.com.
$TTL 3600
@ SOA ns1.example.net. hostmaster 1 7200 3600 1209600 300
@ NS ns1.example.net.
@ NS ns2.example.net.
]]

local function address(i)
  return ("198.%d.%d.%d"):format(20 + (i >> 16), i >> 8 & 255, i & 255)
end

-- `target(i)` is what ALIAS number i points to.
local function zone_of(target)
  local lines = { HEAD }
  for i = 1, COUNT do
    lines[#lines + 1] = ("host%d ALIAS %s\n"):format(i, target(i))
  end
  return assert(core.parse { text = table.concat(lines) })
end

local function answers_of(zone)
  local answers = core.answers {}
  for i, target in ipairs(zone:targets()) do
    local v4 = { address(2 * i), address(2 * i + 1) }
    answers:learn({ target = target, type = "A", outcome = "addresses", ttl = 300, addresses = v4 }, 1000)
    answers:learn({ target = target, type = "AAAA", outcome = "addresses", ttl = 300,
      addresses = { ("2001:db9::%x"):format(i) } }, 1000)
  end
  return answers
end

local function measure(zone)
  local answers, list = answers_of(zone), {}
  for i = 1, ROUNDS do
    local begin <const> = monotime()
    local flat <close> = assert(zone:flatten { answers = answers })
    list[i] = monotime() - begin
    assert(#flat == 3 + 3 * COUNT)
    collectgarbage()
  end
  return samples.median(list)
end

--- The row of `make bench`.
function M.row()
  report.heading(("flatten: %d ALIAS records, two A and one AAAA each, from remembered answers"):format(COUNT))
  for _, shape in ipairs {
    { "a target of its own each", function(i) return ("edge%d.cdn.example.net."):format(i) end },
    { "one target for all", function() return "edge.cdn.example.net." end },
    { "a target in the zone each, 16 in a chain", function(i)
      return i % 16 == 0 and "edge.cdn.example.net." or i < COUNT and "host" .. i + 1 or "edge.cdn.example.net."
    end },
  } do
    local seconds = measure(zone_of(shape[2]))
    report.line("%-44s %6.1f ms %6.2f µs a record", shape[1], seconds * MILLI, seconds * MICRO / COUNT)
    report.target("flatten, " .. shape[1], "ms", 20, 10, seconds * MILLI)
  end
end

return M
