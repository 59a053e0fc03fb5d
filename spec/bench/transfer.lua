--- transfer: how fast zones leave, beside NSD, Knot and BIND that serve the same, to a client that drains.

local input = require "spec.bench.input"
local peers = require "spec.support.peers"
local process = require "spec.bench.process"
local report = require "spec.bench.report"
local samples = require "spec.bench.samples"

local M = {}

local DRAIN <const> = os.getenv "UNDERSTUDY_BUILD" .. "/bench/drain"
local interpreter <const> = arg[-1]
local SMALL_TRANSFERS <const>, AT_ONCE <const> = 10000, 16
local BUSY <const> = 8 -- transfers that run while the SOA is asked for
local LATENCY_SECONDS <const> = 3

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
  return setmetatable(self, { __close = function()
    pipe:close()
  end })
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function drain(...)
  return { DRAIN, ... }
end

-- Compares transfers of a zone from all servers; the first result is ours.
local function compare(path, origin, options, ...)
  local ours <close> = start_ours(path)
  local servers <close> = setmetatable({ ours }, { __close = function(list)
    for i = 2, #list do
      list[i]:stop()
    end
  end })
  for _, kind in ipairs { "nsd", "knot", "bind" } do
    local peer = peers.start(kind, { zones = { [origin] = read(path) }, plain = true, patience = 120,
      lines = kind == "bind" and "  transfers-out 1000; tcp-clients 1000;\n" or nil })
    peer.name = kind
    servers[#servers + 1] = peer
  end
  local commands = {}
  for i, server in ipairs(servers) do
    commands[i] = { name = server.name, words = drain("axfr", server.port, origin, ...) }
  end
  return process.compare(commands, options.rounds)
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

local function whole_zones(options)
  for _, zone in ipairs(input.zones(options.folder, options.records)) do
    local results = compare(zone.old, zone.origin, options)
    report.heading(("transfer: AXFR of the %s zone, %d records, to a client that drains"):format(zone.name,
      zone.records))
    report.processes(results, zone.records)
    local name, times = fastest(results)
    report.target(("AXFR of the %s zone, against %s"):format(zone.name, name), "times faster", 1, 2, times)
  end
end

local function small_zones(options)
  local path = options.folder .. "/transfer-small.zone"
  local file <close> = assert(io.open(path, "w"))
  file:write "$ORIGIN example.com.\n$TTL 300\n@ SOA ns admin 1 3600 600 86400 60\n"
  file:write "@ NS ns.example.net.\n@ NS ns.example.org.\n"
  for i = 1, 8 do
    file:write(("host-%d A 192.0.2.%d\n"):format(i, i))
  end
  file:write "@ MX 10 host-1\n"
  file:close()
  for _, at_once in ipairs { 1, AT_ONCE } do
    local results = compare(path, "example.com.", options, SMALL_TRANSFERS, at_once)
    report.heading(("transfer: %d AXFRs of 12 records, %d at a time, a connection each"):format(SMALL_TRANSFERS,
      at_once))
    report.processes(results, SMALL_TRANSFERS)
    local name, times = fastest(results)
    report.target(("small transfers, %d at a time, against %s"):format(at_once, name), "times faster", 1, 2, times)
  end
end

local function changes(options)
  local zone <const> = input.zones(options.folder, options.records)[1]
  local ours <close> = start_ours(zone.new, zone.old)
  local commands = {
    { name = "IXFR of 0.1 %", words = drain("ixfr", ours.port, zone.origin, ours.serial - 1) },
    { name = "AXFR", words = drain("axfr", ours.port, zone.origin) },
  }
  local results = process.compare(commands, options.rounds)
  report.heading(("transfer: IXFR of a change of 0.1 %%, %s zone"):format(zone.name))
  report.processes(results, zone.records)
end

-- The 99th percentile of a SOA answer while large transfers run.
local function latency(options)
  local zone <const> = input.zones(options.folder, options.records)[1]
  local ours <close> = start_ours(zone.old)
  local busy = assert(io.popen(process.line(drain("axfr", ours.port, zone.origin, 4 * BUSY, BUSY))))
  local milliseconds = tonumber(process.output(drain("soa", ours.port, zone.origin, LATENCY_SECONDS)))
  busy:close()
  report.heading(("transfer: a SOA answer while %d transfers of %d records run"):format(BUSY, zone.records))
  report.line("99th percentile %.2f ms", milliseconds)
  report.target("SOA under transfers, 99th percentile", "ms", 20, 5, milliseconds)
end

--- Prints all tables.
---@param options bench.Options
function M.row(options)
  whole_zones(options)
  small_zones(options)
  changes(options)
  latency(options)
end

return M
