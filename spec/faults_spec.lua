-- The daemon as a process of its own whose store fails: the disk is full, cannot be written, is broken or stands
-- still, the file is locked, PostgreSQL is started again or stands still. Each time secondaries are served as before,
-- status says what is wrong and what to do, and all goes on by itself once the fault is over.
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local faulty_disk = require "spec.support.faulty_disk"
local nsd = require "spec.support.nsd"
local postgresql = require "spec.support.postgresql"
local small_disk = require "spec.support.small_disk"
local udp = require "understudy.net.udp"
local wire = require "spec.support.wire"

local ANSWER_WITHIN <const> = 0.5 -- seconds; calls of a store that stands still take longer
local ENDED_WITHIN <const> = 10
local SLOW_SYNC <const> = 0.2
local MENDED_WITHIN <const> = 20
local LONGER_THAN_A_LEASE <const> = 9

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  %s
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones   = { "a.example", "b.example" },
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. %d 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
version TXT "%d"
]]

-- A daemon with two zones, and what it told of them.
local Case = {}
Case.__index = Case

function Case:edit(version)
  for _, zone in ipairs { "a.example", "b.example" } do
    command.replace(("%s/%s.zone"):format(self.folder, zone), ZONE:format(version, version))
  end
end

-- The status, after a look at whether a serial stands for two contents or went back.
function Case:status()
  local status = assert(self.daemon:ask("GET", "/v1/status"))
  for _, zone in ipairs(status.zones) do
    local known = self.told[zone.name] or { serial = 0, hashes = {} }
    self.told[zone.name] = known
    if zone.serial then
      assert(zone.serial >= known.serial, "a serial went back")
      assert(zone.hash == (known.hashes[zone.serial] or zone.hash), "a serial stands for two contents")
      known.serial, known.hashes[zone.serial] = zone.serial, zone.hash
    end
  end
  return status
end

function Case:await_serial(serial)
  nsd.await(("serial %d; the log: %s/log"):format(serial, self.folder), function()
    local zones = self:status().zones
    return zones[1].serial == serial and zones[2].serial == serial
  end, MENDED_WITHIN)
end

function Case:start()
  self.daemon = daemons.start(self.folder, { words = self.words, state = self.state })
end

-- Asks for the SOA as a secondary does; the serial, and the seconds until it came.
function Case:soa()
  local began = cqueues.monotime()
  local octets = assert(udp.exchange(wire.question { name = "a.example.", type = "SOA" }, "127.0.0.1", self.port, 10,
    function(octets)
      return octets
    end))
  return string.unpack(">I4", octets, #octets - 19), cqueues.monotime() - began
end

-- The TXT record that a transfer shows.
function Case:transferred()
  local answer = command.shell(("dig +time=5 @127.0.0.1 -p %d a.example AXFR"):format(self.port))
  return answer.out:match 'version.a.example.%s+60%s+IN%s+TXT%s+"(%d+)"'
end

-- Nobody is served otherwise than before, however long it takes until status tells of the fault.
function Case:serves_while_failing(serial, why)
  local status, slowest = nil, 0
  nsd.await("status to tell of the fault", function()
    local served, seconds = self:soa()
    assert.equal(serial, served)
    slowest = math.max(slowest, seconds)
    status = self:status()
    return status.store.state == "unreachable" and status.store.why:find(why)
  end)
  assert.equal(tostring(serial), self:transferred())
  assert.is_true(slowest < ANSWER_WITHIN, ("a SOA query took %.3f s"):format(slowest))
  assert.matches("^store: ", status.zones[1].why)
  for _, told in ipairs { status.store, status.zones[1] } do
    assert.equal("unreachable", told.state)
    assert.is_string(told.remedy)
    assert.is_number(told.since)
  end
end

-- What was told before and during the fault is there after a crash too.
function Case:survives_a_crash(serial)
  self.daemon:stop "KILL"
  self:start()
  self:await_serial(serial)
  self.daemon:stop "TERM"
end

-- A case with its daemon at serial 1. busted keeps one function for the end of a test, so the database's server, if
-- there is one, ends here too.
local function prepare(setting, server)
  local self = setmetatable({ port = nsd.free_port(), told = {} }, Case)
  local remove
  self.folder, remove = command.folder { ["policy.lua"] = POLICY:format(self.port, setting or "") }
  finally(function()
    if self.daemon then
      self.daemon:stop()
    end
    if server then
      server:stop()
    end
    remove()
  end)
  self:edit(1)
  return self
end

describe("a daemon whose state", function()
  for _, fault in ipairs {
    { word = "full", what = "is full", why = "full" },
    { word = "readonly", what = "can't be written any more", why = "I/O" },
    { word = "broken", what = "is broken", why = "I/O" },
    { word = "stalled", what = "stands still", why = "not answered for" },
  } do
    it(fault.what .. " serves what it has, and goes on by itself", function()
      local case = prepare()
      local disk = faulty_disk.new(case.folder)
      case.words = disk.words
      case:start()
      case:await_serial(1)
      disk:set(fault.word)
      case:edit(2)
      case:serves_while_failing(1, fault.why)
      disk:set "well"
      case:await_serial(2)
      case:survives_a_crash(2)
    end)
  end

  it("is on a full disk is served from even when it starts there", function()
    local case = prepare()
    local disk <close> = small_disk.new(case.folder)
    if not disk then
      return pending "the system lets us make no disk"
    end
    case.words, case.state = disk.words, disk.path
    case:start()
    case:await_serial(1)
    disk:fill()
    case:edit(2)
    case:serves_while_failing(1, "full")
    case.daemon:stop "KILL"
    case:start()
    case:serves_while_failing(1, "full")
    disk:empty()
    case:await_serial(2)
    case:survives_a_crash(2)
  end)

  it("is on a disk without room for another file goes on, and says so when it starts there", function()
    local case = prepare()
    local disk <close> = small_disk.new(case.folder)
    if not disk then
      return pending "the system lets us make no disk"
    end
    case.words, case.state = disk.words, disk.path
    case:start()
    case:await_serial(1)
    disk:take_files()
    case:edit(2)
    case:await_serial(2)
    assert.equal("2", case:transferred())
    case.daemon:stop "KILL"
    case:start()
    case:edit(3)
    case:await_serial(3)
    assert.equal(0, case.daemon:stop "TERM") -- which frees some
    disk:take_files()
    local ok, err = pcall(case.start, case)
    assert.is_false(ok)
    assert.matches("no file can be made there: No space left on device; make room", err)
    disk:empty()
    case:start()
    case:await_serial(3)
  end)

  it("is on a slow disk makes nobody wait who asks for a zone", function()
    local case = prepare()
    local disk = faulty_disk.new(case.folder)
    case.words = disk.words
    case:start()
    case:await_serial(1)
    disk:set "slow"
    local waited, edited = 0, cqueues.monotime()
    for serial = 2, 4 do
      case:edit(serial)
      nsd.await("serial " .. serial, function()
        local served, seconds = case:soa()
        waited = waited + (seconds >= SLOW_SYNC and 1 or 0)
        return served == serial
      end, MENDED_WITHIN)
      local began = cqueues.monotime()
      assert.equal(tostring(serial), case:transferred())
      assert.is_true(cqueues.monotime() - began < ANSWER_WITHIN)
    end
    assert.is_true(cqueues.monotime() - edited > 3 * SLOW_SYNC)
    assert.is_true(waited <= 1, waited .. " SOA queries waited for the disk") -- one may wait for another process
    assert.equal("ok", case:status().store.state)
  end)

  it("is locked by another program serves what it has, and goes on by itself", function()
    local case = prepare()
    case:start()
    case:await_serial(1)
    local environment = require("luasql.sqlite3").sqlite3()
    local other = assert(environment:connect(case.folder .. "/state/understudy.db"))
    assert(other:execute "PRAGMA busy_timeout = 5000"):close() -- the daemon may be writing at the moment
    assert(other:execute "BEGIN IMMEDIATE")
    case:edit(2)
    case:serves_while_failing(1, "locked")
    case.daemon:stop "KILL"
    case:start()
    case:serves_while_failing(1, "locked")
    other:execute "ROLLBACK"
    other:close()
    environment:close()
    case:await_serial(2)
    case:survives_a_crash(2)
  end)
end)

describe("a daemon at a PostgreSQL server", function()
  local function with_server()
    local server = postgresql.start()
    local case = prepare(("store = postgresql %q,"):format(server:database():gsub("^postgresql ", "")), server)
    case:start()
    case:await_serial(1)
    return case, server
  end

  it("that stands still serves what it has, and goes on by itself", function()
    local case, server = with_server()
    server:signal "STOP"
    case:edit(2)
    case:serves_while_failing(1, "not answered for")
    server:signal "CONT"
    case:await_serial(2)
    case:survives_a_crash(2)
  end)

  it("that is down when it starts waits for it, says so, and can be ended", function()
    local case, server = with_server()
    case.daemon:stop "TERM"
    server:control("stop", "-m immediate")
    case.daemon = daemons.start(case.folder, { unready = true })
    local status = nsd.await("status to tell of the fault", function()
      return case.daemon:ask("GET", "/v1/status")
    end)
    assert.same({ "unreachable", 0 }, { status.store.state, #status.zones })
    assert.matches("PostgreSQL", status.store.why)
    assert.matches("the database server answers", status.store.remedy)
    local _, err = case.daemon:ask("POST", "/v1/zones/a.example/sync")
    assert.matches("waits for its store", err.message)
    local shown = command.run("status", "--policy", case.folder .. "/policy.lua")
    assert.matches("store  unreachable", shown.out)
    assert.equal(0, case.daemon:stop "TERM")
    case.daemon = daemons.start(case.folder, { unready = true })
    server:control "start"
    case.daemon:await_ready()
    case:await_serial(1)
    case:survives_a_crash(1)
  end)

  it("that is busy with a long write is not taken for dead", function()
    local case, server = with_server()
    local environment = require("luasql.postgres").postgres()
    local other = assert(environment:connect(("host=%s dbname=d1 user=understudy"):format(server.folder)))
    assert(other:execute "BEGIN")
    assert(other:execute "LOCK TABLE publications")
    local began = cqueues.monotime()
    case:edit(2)
    case:serves_while_failing(1, "not answered for")
    cqueues.sleep(began + LONGER_THAN_A_LEASE - cqueues.monotime())
    other:close()
    environment:close()
    case:await_serial(2)
    assert.is_nil(case.daemon:read("log"):find("silent for too long", 1, true))
  end)

  it("that stands still can be ended", function()
    local case, server = with_server()
    server:signal "STOP"
    local began = cqueues.monotime()
    assert.equal(0, case.daemon:stop "TERM")
    assert.is_true(cqueues.monotime() - began < ENDED_WITHIN)
    server:signal "CONT"
  end)

  it("that is started again goes on by itself", function()
    local case, server = with_server()
    case:edit(2)
    server:restart()
    case:await_serial(2)
    server:control("stop", "-m immediate")
    case:edit(3)
    case:serves_while_failing(2, "PostgreSQL")
    server:control "start"
    case:await_serial(3)
    case:survives_a_crash(3)
  end)
end)
