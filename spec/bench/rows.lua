--- rows: what is measured, one function a row; each prints its table and states its targets.

local input = require "spec.bench.input"
local lookups = require "spec.bench.lookups"
local process = require "spec.bench.process"
local report = require "spec.bench.report"
local samples = require "spec.bench.samples"
local sync = require "spec.bench.sync"
local program = require("spec.support.command").program

local M = {}

---@class bench.Options
---@field rounds integer
---@field records integer
---@field folder string of the input

local SLOW_ROUNDS <const> = 2 -- of slow programs that nothing is measured against
local interpreter <const> = arg[-1]
local NANO <const>, MICRO <const>, MILLI <const>, MEGA <const> = 1e9, 1e6, 1e3, 1e6

local function zones(options)
  return input.zones(options.folder, options.records)
end

local function inside(...)
  return { interpreter, "spec/bench/inside.lua", ... }
end

--- The medians of what inside.lua measures.
---@return table<string, number>
local function figures(...)
  local medians = {}
  for name, list in process.output(inside(...)):gmatch "(%S+)\t([^\n]*)\n" do
    local values = {}
    for value in list:gmatch "%S+" do
      values[#values + 1] = tonumber(value)
    end
    medians[name] = samples.median(values)
  end
  return medians
end

local function heading(zone, text)
  report.heading(("%s: %s zone, %d records, %.1f MB"):format(text, zone.name, zone.records,
    zone.size / MEGA))
end

-- ---------------------------------------------------------------- load

--- Those that are fast enough to be compared with come first.
local function loaders(zone)
  local slow <const> = SLOW_ROUNDS
  return {
    { name = "understudy check", words = { program, "check", zone.old } },
    { name = "kzonecheck", words = { "kzonecheck", "-o", zone.origin, zone.old } },
    { name = "nsd-checkzone", words = { "nsd-checkzone", zone.origin, zone.old } },
    { name = "validns", words = { "validns", "-z", zone.origin, zone.older } },
    { name = "named-checkzone -i none", rounds = slow,
      words = { "named-checkzone", "-i", "none", zone.origin, zone.old } },
    { name = "ldns-read-zone", rounds = slow, words = { "ldns-read-zone", zone.old } },
  }
end

local PEERS <const> = { ["kzonecheck"] = true, ["nsd-checkzone"] = true, ["validns"] = true }

--- The fastest of the peers, and how many times as long as ours it took.
local function fastest(results)
  local name, least
  for _, result in ipairs(results) do
    local times = samples.ratio(result.wall, results[1].wall)
    if PEERS[result.name] and (not least or times < least) then
      name, least = result.name, times
    end
  end
  return name or "no peer", least
end

function M.load(options)
  for _, zone in ipairs(zones(options)) do
    local results = process.compare(loaders(zone), options.rounds)
    heading(zone, "load: read, parse, make the snapshot, hash, check")
    report.processes(results, zone.records)
    if zone.older ~= zone.old then
      report.line("validns reads TXT in place of CAA, HTTPS and SVCB, which it does not know")
    end
    local name, times = fastest(results)
    report.target(("load of the %s zone, against %s"):format(zone.name, name), "times faster",
      4, 8, times)
  end
end

function M.stages(options)
  for _, zone in ipairs(zones(options)) do
    local seconds = figures("stages", options.rounds, zone.old)
    seconds.finish = seconds.parse - seconds.scan
    heading(zone, "stages of loading, inside one process")
    for _, stage in ipairs {
      { "read", "read the file" },
      { "scan", "scan, parse and gather the records" },
      { "finish", "order, make the snapshot, hash" },
      { "check", "check" },
    } do
      report.line("%-40s %8.1f ms %8.0f ns/record", stage[2], seconds[stage[1]] * MILLI,
        seconds[stage[1]] * NANO / zone.records)
    end
  end
end

-- ---------------------------------------------------------------- check

function M.check(options)
  for _, zone in ipairs(zones(options)) do
    local shares, load, check = {}, {}, {}
    for round = 1, options.rounds do
      local seconds = figures("check", 1, zone.old)
      load[round], check[round] = seconds.load, seconds.check
      shares[round] = 100 * seconds.check / seconds.load
    end
    heading(zone, "checking, beside loading")
    for _, figure in ipairs { { "load", load }, { "check by every rule", check } } do
      local seconds = samples.median(figure[2])
      report.line("%-40s %8.1f ms of CPU %8.0f ns/record", figure[1], seconds * MILLI, seconds * NANO / zone.records)
    end
    report.target(("check of the %s zone, of its loading"):format(zone.name), "percent", 40, 25,
      samples.median(shares))
  end
end

-- ---------------------------------------------------------------- memory

function M.memory(options)
  local bounds <const> = { delegation = { 100, 70 }, mixed = { 140, 105 } }
  for _, zone in ipairs(zones(options)) do
    local load = { name = "load", words = inside("memory", 1, zone.old) }
    local peak = samples.median(process.compare({ load }, options.rounds)[1].peak) / zone.records
    local octets = figures("memory", 1, zone.old)
    heading(zone, "memory of a process that loads and checks one zone")
    for _, figure in ipairs {
      { "peak, while loading", peak },
      { "resident, after loading", octets.resident / zone.records },
      { "of these the snapshot", octets.snapshot / zone.records },
    } do
      report.line("%-40s %8.1f octets/record", figure[1], figure[2])
    end
    local bound, aim = table.unpack(bounds[zone.name])
    report.target(("peak memory to load the %s zone"):format(zone.name), "octets a record",
      bound, aim, peak)
  end
end

-- ---------------------------------------------------------------- diff

function M.diff(options)
  for _, zone in ipairs(zones(options)) do
    local seconds = figures("diff", options.rounds, zone.old, zone.new)
    heading(zone, "diff of two loaded snapshots, 0.1 % changed")
    report.line("%-40s %8.1f ms", "zone:diff(other)", seconds.diff * MILLI)
    report.target(("diff of two loaded %s snapshots"):format(zone.name), "ms", 60, 15,
      seconds.diff * MILLI)
  end
end

--- A shell's line that compares two zones by their sorted text.
local function text_comparison(zone, folder)
  local compile = "named-compilezone -q -i none -s full -o %s %s %s && LC_ALL=C sort -o %s %s"
  local old, new = folder .. "/compiled-old", folder .. "/compiled-new"
  return table.concat({
    compile:format(old, zone.origin, zone.old, old, old),
    compile:format(new, zone.origin, zone.new, new, new),
    ("LC_ALL=C comm -3 %s %s"):format(old, new),
    ("rm %s %s"):format(old, new),
  }, " && ")
end

function M.compare(options)
  local ldns <const>, named <const> = "ldns-compare-zones -a", "named-compilezone, sort, comm"
  for _, zone in ipairs(zones(options)) do
    local commands = {
      { name = "understudy diff", words = { program, "diff", zone.old, zone.new }, status = 1 },
      { name = ldns, words = { "ldns-compare-zones", "-a", zone.old, zone.new } },
    }
    if process.exists { "named-compilezone" } then
      commands[3] = { name = named, words = { "sh", "-c", text_comparison(zone, options.folder) } }
    end
    local results = process.compare(commands, options.rounds)
    heading(zone, "compare two zone files, 0.1 % changed")
    report.processes(results, zone.records)
    for i = 2, #results do
      local bound, aim = 20, 40
      if results[i].name == named then
        bound, aim = 15, 30
      end
      report.target(("diff of %s files, against %s"):format(zone.name, results[i].name),
        "times faster", bound, aim, samples.ratio(results[i].wall, results[1].wall))
    end
  end
end

-- ---------------------------------------------------------------- small zones

function M.small(options)
  local small = input.small(options.folder)
  local results = process.compare({
    { name = "read and check", words = inside("small", 1, small.folder) },
    { name = "read only, with Lua's io", words = inside("small_read", 1, small.folder) },
  }, options.rounds)
  report.heading(("small zones: %d files of 12 records, one process"):format(small.files))
  for _, result in ipairs(results) do
    local function a_file(list)
      return samples.median(list) * MICRO / small.files
    end
    report.line("%-30s %6.1f µs of CPU a file: user %.1f, system %.1f; peak %.0f MB", result.name,
      a_file(result.cpu), a_file(result.user), a_file(result.system),
      samples.median(result.peak) / MEGA)
  end
  report.target("small zones", "µs of CPU a file", 15, 10,
    samples.median(results[1].cpu) * MICRO / small.files)
end

-- ---------------------------------------------------------------- Lua

function M.lua(options)
  for _, zone in ipairs(zones(options)) do
    local seconds = figures("iterate", options.rounds, zone.old, zone.type, zone.subdomain)
    heading(zone, "Lua, CPU: owner, type and TTL of each RRset, by zone:each{…} and by views of zone:rrsets{…}")
    for _, shape in ipairs {
      { "all", "all RRsets", 250, 150 },
      { "type", ("of type %s"):format(zone.type), 100, 50 },
      { "suffix", ("under %s"):format(zone.subdomain), 100, 50 },
    } do
      local name, label, bound, aim = table.unpack(shape)
      if seconds[name] then
        local time = seconds[name] * NANO / zone.records
        report.line("%-40s %8.0f ns a record of the zone; by views %.0f", label, time,
          seconds[name .. "-views"] * NANO / zone.records)
        report.target(("Lua over the %s zone, %s"):format(zone.name, label), "ns a record",
          bound, aim, time)
      end
    end
  end
end

M.flatten = require("spec.bench.flatten").row
local transfer <const> = require "spec.bench.transfer"
M.axfr, M.small_axfr, M.ixfr, M.soa = transfer.axfr, transfer.small_axfr, transfer.ixfr, transfer.soa

M.lookup, M.answers = lookups.lookup, lookups.answers

M.change, M.many, M.written, M.events = sync.change, sync.many, sync.written, sync.events
M.workers = sync.workers

--- In this order.
M.names = { "load", "stages", "check", "memory", "diff", "compare", "small", "lua", "flatten", "lookup",
  "answers", "axfr", "small_axfr", "ixfr", "soa", "change", "many", "written", "events", "workers" }

return M
