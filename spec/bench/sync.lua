--- sync: how fast and how large the daemon is: from a change in a file to a real secondary, and with many zones.

local command = require "spec.support.command"
local core = require "understudy.core"
local cqueues = require "cqueues"
local database = require "understudy.store.database"
local fleet = require "spec.bench.fleet"
local input = require "spec.bench.input"
local lfs = require "lfs"
local nsd = require "spec.support.nsd"
local operations = require "understudy.store.operations"
local queue = require "understudy.sync.queue"
local postgresql = require "spec.support.postgresql"
local process = require "spec.bench.process"
local report = require "spec.bench.report"
local samples = require "spec.bench.samples"
local udp = require "understudy.net.udp"

local M = {}

local MILLI <const>, KIB <const> = 1e3, 1024
local CHANGES <const> = 100        -- of one zone, one after the other
local AT_ONCE <const> = 1000       -- zones
local REGISTERED <const> = tonumber(os.getenv "ZONES") or 100000
-- Every third version of so small a zone is written whole, and what is old is dropped then. So many rounds have that
-- twice of each zone, wherever its chain stands.
local SHARED <const>, SHARED_ROUNDS <const> = 2000, 6
local EVENTS <const> = 200000
local NOTIFY_SECONDS <const> = 5
local IDLE_SECONDS <const>, READY_WITHIN <const> = 20, 120
local ASKED_AT_ONCE <const> = 50

local function percentile(list, share)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  return sorted[math.max(1, math.ceil(#sorted * share))]
end

local function spread(what, seconds)
  report.line("%-40s median %8.1f ms, 99th percentile %8.1f ms", what, samples.median(seconds) * MILLI,
    percentile(seconds, 0.99) * MILLI)
end

-- ---------------------------------------------------------------- change

-- Waits until all of the zones are served by a server with the serial; the seconds of each since its file was replaced.
local function follow(zones, serial, port, began)
  local seconds = {}
  while #zones > 0 do
    local left = {}
    for _, i in ipairs(zones) do
      if fleet.serial(i, port) == serial then
        seconds[#seconds + 1] = cqueues.monotime() - began[i]
      else
        left[#left + 1] = i
      end
    end
    zones = left
  end
  return seconds
end

-- Replaces the files of zones, and follows them to the secondary.
local function change(of_fleet, count, serial, port)
  local zones, began = {}, {}
  for i = 1, count do
    zones[i], began[i] = i, cqueues.monotime()
    of_fleet:edit(i, serial)
  end
  return follow(zones, serial, port, began)
end

--- From the replacement of a zone file to the answer of NSD: one zone, and many at the same time.
function M.change()
  local names = {}
  for i = 1, AT_ONCE do
    names[i] = fleet.name(i) .. "."
  end
  local port = nsd.free_port()
  local secondary <close> = nsd.start { secondary = names, primary = "127.0.0.1:" .. port }
  local zones <close> = fleet.new(AT_ONCE, { secondary = secondary.server, port = port })
  zones:start()
  change(zones, AT_ONCE, 2, secondary.port)
  local alone = {}
  for n = 1, CHANGES do
    cqueues.sleep(0.02)
    alone[n] = change(zones, 1, n + 2, secondary.port)[1]
  end
  local together = change(zones, AT_ONCE, CHANGES + 3, secondary.port)
  report.heading(("change of a zone file to the answer of a secondary (NSD), %d zones of 12 records"):format(AT_ONCE))
  spread("one zone", alone)
  spread(("%d zones at once, of each"):format(AT_ONCE), together)
  report.target("change of one zone to the answer of NSD, median", "ms", 100, 50, samples.median(alone) * MILLI)
  report.target("the same, 99th percentile", "ms", 400, 200, percentile(alone, 0.99) * MILLI)
  report.target(("%d zones at once, until the last one"):format(AT_ONCE), "ms", 10000, 5000,
    percentile(together, 1) * MILLI)
end

-- ---------------------------------------------------------------- many

local function resident(pid)
  local file <close> = assert(io.open(("/proc/%d/status"):format(pid)))
  return tonumber(file:read("a"):match "VmRSS:%s*(%d+)") * KIB
end

-- Seconds of processor time so far.
local function used(pid)
  local file <close> = assert(io.open(("/proc/%d/stat"):format(pid)))
  local user, system = file:read("a"):match "%) %a%s+%-?%d+ %d+ %d+ %d+ %-?%d+ %d+ %d+ %d+ %d+ %d+ (%d+) (%d+)"
  return (user + system) / 100
end

-- Waits until the processor has been left alone for a while.
local function await_rest(pid)
  repeat
    local before = used(pid)
    cqueues.sleep(2)
  until used(pid) - before < 0.4
end

-- Asks for a thousand zones of so many, some at a time.
local function ask_for(count, port)
  local loop, next_one, step = cqueues.new(), 1, math.max(1, count // 1000)
  for _ = 1, ASKED_AT_ONCE do
    loop:wrap(function()
      while next_one <= count do
        local i = next_one
        next_one = i + step
        assert(fleet.serial(i, port) == 1)
      end
    end)
  end
  assert(loop:loop())
end

-- The longest that a daemon takes to answer until `is_over`.
local function slowest_until(what, is_over, port)
  local slowest = 0
  nsd.await(what, function()
    local began = cqueues.monotime()
    assert(fleet.serial(1, port))
    slowest = math.max(slowest, cqueues.monotime() - began)
    return is_over()
  end, READY_WITHIN)
  return slowest
end

local function slowest_in_reload(daemon, port)
  local logged = #daemon:read "log"
  daemon:hang_up()
  return slowest_until("the policy to be taken up", function()
    return daemon:read("log"):find("taken up", logged + 1, true)
  end, port)
end

-- While it tells the status of all zones.
local function slowest_in_status(daemon, port)
  assert(os.execute(("cd %s && { %s status --policy policy.lua --json >told; echo over >over; } &"):format(
    daemon.folder, command.program)))
  return slowest_until("the status to be told", function()
    return daemon:read "over" ~= ""
  end, port)
end

-- A daemon with so many zones that were published before: {served=, resident=, idle=, status=, reload=}.
local function restarted(count)
  local zones <close> = fleet.new(count)
  zones:fill()
  local began = cqueues.monotime()
  local daemon = zones:start(nil, READY_WITHIN)
  ask_for(count, zones.port)
  local served, pid = cqueues.monotime() - began, tonumber(daemon:read "pid")
  local found = { served = served, at_ready = resident(pid) }
  await_rest(pid)
  local before = used(pid)
  cqueues.sleep(IDLE_SECONDS)
  found.idle, found.resident = (used(pid) - before) / IDLE_SECONDS * 100, resident(pid)
  found.status = slowest_in_status(daemon, zones.port)
  found.reload = slowest_in_reload(daemon, zones.port)
  return found
end

--- A daemon that starts again with many zones.
function M.many()
  local few, found = restarted(1), restarted(REGISTERED)
  report.heading(("a daemon that starts again with %d zones of 12 records"):format(REGISTERED))
  report.line("%-40s %8.1f s", "until all are served", found.served)
  report.line("%-40s %8.1f MB, %.0f with one zone", "memory when they are served", found.at_ready / 1e6,
    few.at_ready / 1e6)
  report.line("%-40s %8.1f MB", "memory once all were looked at", found.resident / 1e6)
  report.line("%-40s %8.2f %%", "processor time at rest", found.idle)
  report.line("%-40s %8.0f ms", "slowest answer while status tells of all", found.status * MILLI)
  report.line("%-40s %8.0f ms", "slowest answer while the policy is reread", found.reload * MILLI)
  report.target(("start with %d zones"):format(REGISTERED), "s", 60, 30, found.served)
  report.target("memory of a small zone", "octets", 8192, 4096, (found.resident - few.resident) / REGISTERED)
  report.target(("processor at rest with %d zones"):format(REGISTERED), "percent", 10, 5, found.idle)
end

-- ---------------------------------------------------------------- written

local function size(path)
  return lfs.attributes(path, "size") or 0
end

--- What is written to disk for a small change of a large zone, its source and its publication together.
function M.written(options)
  for _, zone in ipairs(input.zones(options.folder, options.records)) do
    local folder, remove = command.folder {}
    local path = folder .. "/store.db"
    local db = assert(database.open(path))
    local old = assert(core.parse { file = zone.old })
    local name = old.origin
    assert(operations.register(db, { name }))
    assert(operations.join(db, "bench", 3600, 0.0))
    local lease = assert(operations.claim(db, "bench", { name }, 0.0))[1]
    lease.worker = "bench"
    local first = fleet.publish(db, lease, old)
    assert(db:rows "PRAGMA wal_checkpoint(TRUNCATE)")
    local new = assert(core.parse { file = zone.new })
    local began = cqueues.monotime()
    fleet.publish(db, lease, new:with_serial((old.serial + 1) & 0xffffffff), first)
    local seconds, octets = cqueues.monotime() - began, size(path .. "-wal")
    db:close()
    remove()
    report.heading(("%s zone, %d records, 0.1 %% changed: writing it down"):format(zone.name, zone.records))
    report.line("%-40s %8.1f ms", "the transaction, with what changed", seconds * MILLI)
    report.line("%-40s %8d octets", "written to disk", octets)
    report.target(("written for a change of the %s zone"):format(zone.name), "percent of it", 1, 0.5,
      octets / zone.size * 100)
  end
end

-- ---------------------------------------------------------------- events

-- Events that the queue takes while workers are busy with something else, a second.
local function marked()
  local waiting, names = queue.new(), {}
  for i = 1, AT_ONCE do
    names[i] = fleet.name(i) .. "."
  end
  local began = os.clock()
  for n = 1, EVENTS do
    waiting:mark(names[n % AT_ONCE + 1], "NOTIFY", { owner = "www." .. names[n % AT_ONCE + 1], type = "A" })
  end
  return EVENTS / (os.clock() - began)
end

-- NOTIFYs that a daemon answers, a second, while its primary does not answer it.
local function answered()
  local silent <close> = assert(udp.open("127.0.0.1", 0))
  local source = ('source.transfer { from = "127.0.0.1:%d", notify = "127.0.0.0/8" }'):format(silent.port)
  local zones <close> = fleet.new(AT_ONCE, { source = source })
  zones:start()
  local count = process.output { os.getenv "UNDERSTUDY_BUILD" .. "/bench/drain", "notify", zones.port, fleet.PATTERN,
    NOTIFY_SECONDS, AT_ONCE }
  return tonumber(count) / NOTIFY_SECONDS
end

--- Events: in the queue alone, and as messages to a daemon.
function M.events()
  report.heading(("events for %d zones: each names an RRset; NOTIFYs by UDP, answered"):format(AT_ONCE))
  report.target("events that the queue takes", "a second", 20000, 100000, marked())
  report.target("NOTIFYs that a daemon answers", "a second", 20000, 30000, answered())
end

-- ---------------------------------------------------------------- workers

-- What the database counts, by a connection of its own: one that is made anew for each look takes a core itself.
local function counter(db)
  return function(what)
    return assert(db:row("SELECT COUNT(*) AS count FROM " .. what)).count
  end
end

-- Seconds of processor time so far: of the daemons, and of PostgreSQL.
local function used_by(zones, server)
  local found = { daemons = 0, postgresql = 0 }
  for _, daemon in ipairs(zones.daemons) do
    found.daemons = found.daemons + used(tonumber(daemon:read "pid"))
  end
  for _, pid in ipairs(server:processes()) do
    found.postgresql = found.postgresql + used(pid)
  end
  return found
end

local function signal(zones, name)
  for _, daemon in ipairs(zones.daemons) do
    assert(os.execute(("kill -%s %s"):format(name, daemon:read "pid")))
  end
end

-- Changes all zones while the daemons stand still, and waits until that is published: {seconds=, daemons=,
-- postgresql=}, the latter of processor time.
local function publish_all(zones, serial, server, count)
  signal(zones, "STOP")
  zones:edit_all(serial)
  local before, began = used_by(zones, server), cqueues.monotime()
  signal(zones, "CONT")
  nsd.await("all zones to be published", function()
    return count(("publications WHERE serial = %d"):format(serial)) == zones.count
  end, 120)
  local seconds, after = cqueues.monotime() - began, used_by(zones, server)
  return {
    seconds = seconds, daemons = after.daemons - before.daemons, postgresql = after.postgresql - before.postgresql,
  }
end

-- Of all rounds together, a zone.
local function mean_of(rounds, name)
  local sum = 0
  for _, round in ipairs(rounds) do
    sum = sum + round[name]
  end
  return sum / (#rounds * SHARED)
end

--- What a second daemon at the same PostgreSQL adds.
function M.workers()
  local server <close> = postgresql.start()
  local where = server:database()
  local setting = ("store = postgresql %q,"):format(where:gsub("^postgresql ", ""))
  local db <close> = assert(database.open(where))
  local zones <close> = fleet.new(SHARED, { setting = setting })
  local rounds, serial, count = { {}, {} }, 1, counter(db)
  for workers = 1, 2 do
    zones:start()
    nsd.await("each daemon to have its share", function()
      return count "(SELECT worker FROM zones WHERE worker IS NOT NULL GROUP BY worker) busy" == workers
    end)
    nsd.await("all zones to be read", function()
      return count "publications WHERE serial = 1" == SHARED
    end, 60)
    cqueues.sleep(3) -- what they took up they look at
    for round = 1, SHARED_ROUNDS do
      serial = serial + 1
      rounds[workers][round] = publish_all(zones, serial, server, count)
    end
  end
  report.heading(("%d zones that change at once, published by daemons at one PostgreSQL"):format(SHARED))
  for workers, list in ipairs(rounds) do
    report.line("%-40s %8.0f zones/s; CPU of a zone: daemons %.2f ms, PostgreSQL %.2f ms",
      workers == 1 and "one daemon" or "two daemons", 1 / mean_of(list, "seconds"), mean_of(list, "daemons") * MILLI,
      mean_of(list, "postgresql") * MILLI)
  end
  report.target("two daemons, beside one", "times as fast", 1.3, 1.6,
    mean_of(rounds[1], "seconds") / mean_of(rounds[2], "seconds"))
end

return M
