--- transfer: how fast zones leave, beside NSD, Knot and BIND that serve the same, to a client that drains.

local core = require "understudy.core"
local input = require "spec.bench.input"
local lfs = require "lfs"
local peers = require "spec.support.peers"
local process = require "spec.bench.process"
local report = require "spec.bench.report"
local samples = require "spec.bench.samples"

local M = {}

local DRAIN <const> = os.getenv "UNDERSTUDY_BUILD" .. "/bench/drain"
local interpreter <const> = arg[-1]
local SMALL_TRANSFERS <const>, AT_ONCE <const> = 10000, 16
local INCREMENTAL_TRANSFERS <const> = 200
local BUSY <const> = 8 -- transfers that run while the SOA is asked for
local LATENCY_SECONDS <const> = 3
local LOADING_SECONDS <const> = 8 -- in which a large zone is found, read, checked, written down and served

-- Our server in a process of its own, as what peers.start gives.
local function start_ours(...)
  local fifo = os.tmpname()
  local words = process.line { interpreter, "spec/bench/serve.lua", ... }
  local pipe = assert(io.popen(("%s >%s"):format(words, fifo), "w"))
  local self = { name = "understudy" }
  repeat
    os.execute "sleep 0.1"
    local file <close> = assert(io.open(fifo))
    self.port, self.serial = file:read("n", "n")
  until self.serial
  os.remove(fifo)
  function self.stop()
    pipe:close()
  end
  return setmetatable(self, { __close = self.stop })
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function drain(...)
  return { DRAIN, ... }
end

-- Servers that end together.
local function closing(servers)
  return setmetatable(servers, { __close = function(list)
    for i = #list, 1, -1 do
      list[i]:stop()
    end
  end })
end

-- Ours, which is there already, and NSD, Knot and BIND that serve the same text.
local function beside(ours, origin, text, history)
  local servers = closing { ours }
  for _, kind in ipairs { "nsd", "knot", "bind" } do
    local peer = peers.start(kind, { zones = { [origin] = text }, plain = not history, patience = 120,
      lines = kind == "bind" and "  transfers-out 1000; tcp-clients 1000;\n" or nil })
    peer.name = kind
    servers[#servers + 1] = peer
  end
  return servers
end

-- Compares what drain needs for each; the first result is ours.
local function compare(servers, rounds, what, ...)
  local commands = {}
  for i, server in ipairs(servers) do
    commands[i] = { name = server.name, words = drain(what, server.port, ...) }
  end
  return process.compare(commands, rounds)
end

-- How many times as long as ours the fastest of the others took, and which that is.
local function fastest(results)
  local name, least
  for i = 2, #results do
    local times = samples.ratio(results[i].wall, results[1].wall)
    if not least or times < least then
      name, least = results[i].name, times
    end
  end
  return name, least
end

--- AXFR of large zones.
---@param options bench.Options
function M.axfr(options)
  for _, zone in ipairs(input.zones(options.folder, options.records)) do
    local servers <close> = beside(start_ours(zone.old), zone.origin, read(zone.old))
    local results = compare(servers, options.rounds, "axfr", zone.origin)
    report.heading(("axfr: the %s zone, %d records, to a client that drains"):format(zone.name, zone.records))
    report.processes(results, zone.records)
    local name, times = fastest(results)
    report.target(("AXFR of the %s zone, against %s"):format(zone.name, name), "times faster", 1, 2, times)
  end
end

--- Many AXFRs of a small zone.
---@param options bench.Options
function M.small_axfr(options)
  local path = options.folder .. "/transfer-small.zone"
  local file <close> = assert(io.open(path, "w"))
  file:write "$ORIGIN example.com.\n$TTL 300\n@ SOA ns admin 1 3600 600 86400 60\n"
  file:write "@ NS ns.example.net.\n@ NS ns.example.org.\n"
  for i = 1, 8 do
    file:write(("host-%d A 192.0.2.%d\n"):format(i, i))
  end
  file:write "@ MX 10 host-1\n"
  file:close()
  local servers <close> = beside(start_ours(path), "example.com.", read(path))
  for _, at_once in ipairs { 1, AT_ONCE } do
    local results = compare(servers, options.rounds, "axfr", "example.com.", SMALL_TRANSFERS, at_once)
    report.heading(("small_axfr: %d of 12 records, %d at a time, a connection each"):format(SMALL_TRANSFERS, at_once))
    report.processes(results, SMALL_TRANSFERS)
    local name, times = fastest(results)
    report.target(("small transfers, %d at a time, against %s"):format(at_once, name), "times faster", 1, 2, times)
  end
end

--- IXFR of a change of 0.1 %.
---@param options bench.Options
function M.ixfr(options)
  for _, zone in ipairs(input.zones(options.folder, options.records)) do
    local ours = start_ours(zone.new, zone.old)
    local servers <close> = beside(ours, zone.origin, read(zone.old), true)
    local newer <close> = core.parse { file = zone.new }
    local text = newer:with_serial(ours.serial):text()
    for i = 2, #servers do
      servers[i]:reload(zone.origin, text)
    end
    local results = compare(servers, options.rounds, "ixfr", zone.origin, ours.serial - 1, INCREMENTAL_TRANSFERS)
    report.heading(("ixfr: a change of 0.1 %% of the %s zone, %d records, %d times"):format(zone.name, zone.records,
      INCREMENTAL_TRANSFERS))
    report.processes(results, zone.records)
    local name, times = fastest(results)
    report.target(("IXFR of the %s zone, against %s"):format(zone.name, name), "times faster", 1, 2, times)
  end
end

-- Asks for a SOA for some seconds; how long the answers took, in ms.
local function ask_soa(port, origin, seconds)
  local output = process.output(drain("soa", port, origin, seconds))
  local percentile, longest, served = output:match "^(%S+) (%S+) (%d+)"
  return tonumber(percentile), tonumber(longest), tonumber(served)
end

local function report_soa(heading, target, percentile, longest)
  report.heading(heading)
  report.line("99th percentile %.2f ms, longest %.2f ms", percentile, longest)
  report.target(target .. ", 99th percentile", "ms", 20, 5, percentile)
end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

-- The answers of a daemon to whom a large zone is given while it is asked for a small one.
local function soa_while_loading(options, zone)
  local folder = options.folder .. "/loading"
  os.execute(("rm -rf '%s'"):format(folder))
  assert(lfs.mkdir(folder))
  write(folder .. "/policy.lua", ([[return policy {
    listen = "127.0.0.1:0", source = source.file "%%s.zone", zones = { "small.test", "%s" },
    targets = { target.secondary "none" { transfer = "127.0.0.0/8", notify = "127.0.0.1:9" } },
  }]]):format(zone.origin))
  write(folder .. "/small.test.zone", "@ 60 SOA ns admin 1 3600 600 86400 60\n@ 60 NS ns.example.net.\n")
  local pipe = assert(io.popen(("%s/understudy run --policy %s/policy.lua 2>%s/log & echo $!; wait"):format(
    os.getenv "UNDERSTUDY_BUILD", folder, folder)))
  local pid, port = pipe:read "n", pipe:read "l" and pipe:read("l"):match ":(%d+)$"
  os.execute "sleep 1"
  assert(os.execute(("ln '%s' '%s/%szone'"):format(zone.old, folder, zone.origin)))
  local percentile, longest, served = ask_soa(port, "small.test.", LOADING_SECONDS)
  local loaded = select(3, ask_soa(port, zone.origin, 0.01))
  os.execute("kill " .. pid)
  pipe:close()
  assert(served > 0 and loaded > 0, "the zones are not served")
  return percentile, longest
end

--- The 99th percentile of a SOA answer while large transfers run, and while a large zone is loaded.
---@param options bench.Options
function M.soa(options)
  local zone <const> = input.zones(options.folder, options.records)[1]
  do
    local ours <close> = start_ours(zone.old)
    local busy = assert(io.popen(process.line(drain("axfr", ours.port, zone.origin, 4 * BUSY, BUSY))))
    local percentile, longest = ask_soa(ours.port, zone.origin, LATENCY_SECONDS)
    busy:close()
    report_soa(("soa: while %d transfers of %d records run"):format(BUSY, zone.records), "SOA under transfers",
      percentile, longest)
  end
  local percentile, longest = soa_while_loading(options, zone)
  report_soa(("soa: while a zone of %d records is loaded"):format(zone.records), "SOA under loading", percentile,
    longest)
end

return M
