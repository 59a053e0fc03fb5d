--- lookups: the rows about looking up names and remembering what they resolve to.

local monotime = require("cqueues").monotime
local nsd = require "spec.support.nsd"
local process = require "spec.bench.process"
local report = require "spec.bench.report"
local samples = require "spec.bench.samples"

local M = {}

local NAMES <const>, ANSWERS <const> = 100000, 1000000
local MICRO <const>, MEGA <const> = 1e6, 1e6
local build <const> = os.getenv "UNDERSTUDY_BUILD"
local interpreter <const> = arg[-1]

local function address(i)
  return ("8.%d.%d.%d"):format(i >> 16, i >> 8 & 255, i & 255)
end

local function zone_text()
  local lines = { "$TTL 300\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 127.0.0.1" }
  for i = 0, NAMES - 1 do
    lines[#lines + 1] = ("h%d A %s"):format(i, address(i))
  end
  return table.concat(lines, "\n") .. "\n"
end

--- Questions in the form of dnsperf.
local function write_questions(path)
  local file <close> = assert(io.open(path, "w"))
  for i = 0, NAMES - 1 do
    file:write(("h%d.example.net A\n"):format(i))
  end
end

--- Runs a program that prints: right answers, seconds, seconds of CPU.
local function own(words)
  local right, wall, cpu = process.output(words):match "^(%S+) (%S+) (%S+)\n$"
  return { right = tonumber(right), wall = tonumber(wall), cpu = tonumber(cpu) }
end

--- dnsperf checks only that an answer came, and does not tell its CPU.
local function dnsperf(server, questions)
  local text = process.output {
    "dnsperf", "-s", server.address, "-p", server.port, "-d", questions, "-n", 1, "-c", 1, "-T", 1, "-q", 100,
  }
  return {
    right = tonumber(text:match "Queries completed:%s+(%d+)"),
    wall = tonumber(text:match "Run time %(s%):%s+(%S+)"),
  }
end

local function clients(server, questions)
  local at = ("%s@%d"):format(server.address, server.port)
  return {
    { name = "libunderstudy", run = function() return own { build .. "/bench/lookup", server.server, NAMES } end },
    { name = "resolver:lookup_all in Lua", run = function()
      return own { interpreter, "spec/bench/lookup.lua", server.server, NAMES }
    end },
    { name = "dnsperf, 100 at a time", run = function() return dnsperf(server, questions) end },
    { name = "libunbound, 100 at a time", rounds = 2, run = function()
      return own { build .. "/bench/unbound", at, NAMES }
    end },
  }
end

local function column(results, name)
  local list = {}
  for i, result in ipairs(results) do
    list[i] = result[name]
  end
  return list
end

local function print_client(client)
  local wall, cpu = samples.median(column(client.results, "wall")), column(client.results, "cpu")
  report.line("%-30s %7.2f s %9.0f/s %10s  %s", client.name, wall, NAMES / wall,
    #cpu > 0 and ("%.1f µs"):format(samples.median(cpu) / NAMES * MICRO) or "-",
    ("%d of %d right"):format(math.min(table.unpack(column(client.results, "right"))), NAMES))
end

local function targets(ours, lua, peer)
  local function cpu(client)
    return samples.median(column(client.results, "cpu")) / NAMES * MICRO
  end
  report.target("CPU of a lookup", "µs", 12, 9, cpu(ours))
  report.target("CPU of a lookup from Lua", "µs", 12, 9, cpu(lua))
  report.target("lookups, against dnsperf", "of its rate", 0.7, 1,
    samples.ratio(column(peer.results, "wall"), column(ours.results, "wall")))
  report.target("lookups lost of 100,000 asked at once", "lookups", 0.5, 0,
    NAMES - math.min(table.unpack(column(ours.results, "right"))))
end

--- 100,000 names on loopback, each client in turn, all of the same server.
function M.lookup(options)
  local questions = options.folder .. "/questions"
  write_questions(questions)
  local server <close> = nsd.start { zones = { ["example.net."] = zone_text() } }
  local list = clients(server, questions)
  for round = 1, options.rounds do
    for _, client in ipairs(list) do
      client.results = client.results or {}
      if round <= (client.rounds or options.rounds) then
        client.results[round] = client.run()
      end
    end
  end
  report.heading(("lookups: A of %d names from an NSD on loopback; CPU of the client for each"):format(NAMES))
  for _, client in ipairs(list) do
    print_client(client)
  end
  targets(list[1], list[2], list[3])
end

--- A million remembered answers.
function M.answers(options)
  local octets, seconds = {}, {}
  for round = 1, options.rounds do
    octets[round], seconds[round] = process.output({ build .. "/bench/answers", ANSWERS }):match "^(%S+) (%S+)"
    octets[round], seconds[round] = tonumber(octets[round]), tonumber(seconds[round])
  end
  local begin = monotime()
  local whole = tonumber(process.output({ interpreter, "spec/bench/remembered.lua", ANSWERS }):match "^(%S+)\n$")
  report.heading(("answers: %d remembered, of two addresses behind a CNAME"):format(ANSWERS))
  report.line("%-40s %8.0f octets", "an answer in the memory", samples.median(octets))
  report.line("%-40s %8.0f octets", "with what the daemon knows of its zones", whole)
  report.line("%-40s %8.2f µs", "a refresh: what is due, and learning", samples.median(seconds) * MICRO)
  report.line("%-40s %8.1f s", "reading them from the store", monotime() - begin)
  report.target("a million answers in the memory", "MB", 400, 200, samples.median(octets) * ANSWERS / MEGA)
  report.target("a million answers in the daemon", "MB", 400, 300, whole * ANSWERS / MEGA)
  report.target("a refresh decision", "µs", 2, 1, samples.median(seconds) * MICRO)
end

return M
