--- crash: kills the daemon again and again while zones change and a person gives orders, and sees that nothing that
--- it acknowledged is lost: no serial goes back or stands for two contents, neither at the daemon nor at a real
--- secondary, an order that was confirmed holds, and each start goes on by itself.
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local faulty_disk = require "spec.support.faulty_disk"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local udp = require "understudy.net.udp"
local wire = require "spec.support.wire"

local M = {}

local ZONES <const> = { "a.example.", "b.example.", "c.example.", "d.example.", "e.example." }
local ORDERED <const> = "held.example." -- is not edited
local ALL <const> = { ORDERED, table.unpack(ZONES) }
local LOAD_PAUSE <const> = 0.02
local LIVES_FOR <const> = 0.6 -- seconds at most under load
local DISK_CALLS <const> = 150 -- at most, until one is the last
local REFRESH <const> = 3600 -- of the SOA of version 0, one more with each

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  %s
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "%s" } },
  zones   = { "%s" },
  retry   = backoff { first = "0.05s", max = "0.1s" },
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. 1 %d 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
version TXT "%d"
]]

local Loop = {}
Loop.__index = Loop

local function write(self, zone)
  command.replace(("%s/%szone"):format(self.folder, zone), ZONE:format(REFRESH + self.version, self.version))
end

function Loop:edit()
  self.version = self.version + 1
  for _, zone in ipairs(ZONES) do
    write(self, zone)
  end
end

-- Remembers under which serial someone had which content; an error if that can't be.
local function remember(told, zone, serial, content)
  local known = told[zone] or { serial = 0, contents = {} }
  told[zone] = known
  assert(not known.contents[serial] or known.contents[serial] == content, "a serial stands for two contents")
  assert(serial >= known.serial, ("%s went back from %s to %s"):format(zone, known.serial, serial))
  known.serial, known.contents[serial] = serial, content
  return known
end

-- Looks at what the secondary serves of a zone; the version.
function Loop:look_at_secondary(zone)
  local octets = udp.exchange(wire.question { name = zone, type = "SOA" }, self.secondary.address, self.secondary.port,
    1, function(octets)
      return octets
    end)
  if octets and wire.header(octets).answers == 1 then -- nothing follows on the SOA
    local serial, refresh = string.unpack(">I4I4", octets, #octets - 19)
    local version = refresh - REFRESH
    local known = remember(self.served, zone, serial, version)
    assert(version >= (known.version or 0) and version <= self.version, zone .. " is of another version than it can be")
    known.version = version
    return version
  end
end

-- What was confirmed to a person holds. What was not confirmed is as the daemon says from then on.
local function check_order(self, zone)
  local frozen = zone.state == "frozen"
  assert(self.frozen == nil or self.frozen == frozen, "what was confirmed to a person does not hold")
  self.frozen = frozen
end

-- Remembers what the daemon tells; false when it has died.
function Loop:look()
  local answer = self.daemon:ask("GET", "/v1/status")
  for _, zone in ipairs(answer and answer.zones or {}) do
    if zone.serial then
      remember(self.told, zone.name, zone.serial, zone.hash)
    end
    if zone.name == ORDERED then
      check_order(self, zone)
    end
  end
  return answer ~= nil
end

-- Orders the opposite of what holds.
function Loop:order()
  local wish = not self.frozen
  self.frozen = nil
  if self.daemon:ask("POST", ("/v1/zones/%s/%s"):format(ORDERED, wish and "freeze" or "thaw"),
    { who = "ann", reason = wish and "a test" or nil }) then
    self.frozen, self.orders = wish, self.orders + 1
  end
end

-- One life of the daemon under load; whether something was published in it.
function Loop:live()
  local before = self.told["a.example."] and self.told["a.example."].serial or 0
  local by_disk = self.disk and math.random() < 0.5
  if self.disk then
    self.disk:set(by_disk and ("dies %d"):format(math.random(DISK_CALLS)) or "well")
  end
  local began = cqueues.monotime()
  local died_early = not pcall(function()
    self.daemon = daemons.start(self.folder, { words = self.disk and self.disk.words })
  end)
  if died_early then
    assert(by_disk, "the daemon does not start: " .. self.folder .. "/log")
    return false
  end
  self.slowest_start = math.max(self.slowest_start, cqueues.monotime() - began)
  local until_killed = cqueues.monotime() + math.random() * LIVES_FOR
  local orders_at = cqueues.monotime() + math.random() * 2 * LIVES_FOR
  while self:look() and cqueues.monotime() < until_killed do
    self:edit()
    self:look_at_secondary(ZONES[math.random(#ZONES)])
    if cqueues.monotime() > orders_at then
      self:order()
      orders_at = math.huge
    end
    cqueues.sleep(LOAD_PAUSE)
  end
  self.daemon:stop "KILL"
  return self.told["a.example."] and self.told["a.example."].serial > before
end

-- Whether every zone shows what was written last, at the secondary too.
function Loop:is_newest()
  self:look()
  for _, zone in ipairs(ZONES) do
    local answer = self.daemon:ask("GET", ("/v1/zones/%s/explain/version"):format(zone))
    local served = answer and answer.name.served[1]
    if not served or served.records[1] ~= ('"%d"'):format(self.version)
      or self:look_at_secondary(zone) ~= self.version then
      return false
    end
  end
  return true
end

---@class spec.Crashes
---@field kills integer
---@field busy integer         of these, in lives in which something was published
---@field versions integer     written to the source
---@field serial integer       the last one of a zone
---@field orders integer       of a person that were confirmed
---@field slowest_start number seconds

--- Kills the daemon so many times.
---@param kills integer
---@param store? string a setting of the policy; by default the state is in a file, and half of the deaths happen at a
---  random call to the disk
---@return spec.Crashes
function M.run(kills, store)
  local self = setmetatable({ version = 0, told = {}, served = {}, orders = 0, slowest_start = 0 }, Loop)
  local port = nsd.free_port()
  local secondary <close> = peers.start("knot", { secondary = ALL, primary = "127.0.0.1:" .. port })
  self.secondary = secondary
  local folder, remove = command.folder {
    ["policy.lua"] = POLICY:format(port, store or "", secondary.server, table.concat(ALL, '", "')),
  }
  self.folder = folder
  self.disk = not store and faulty_disk.new(self.folder) or nil
  write(self, ORDERED)
  self:edit()
  local busy = 0
  for _ = 1, kills do
    busy = busy + (self:live() and 1 or 0)
  end
  if self.disk then
    self.disk:set "well"
  end
  self.daemon = daemons.start(self.folder, { words = self.disk and self.disk.words })
  nsd.await("the newest version to be published; the log: " .. self.folder .. "/log", function()
    return self:is_newest()
  end)
  self.daemon:stop "TERM"
  remove()
  return {
    kills = kills, busy = busy, versions = self.version, serial = self.told["a.example."].serial,
    slowest_start = self.slowest_start, orders = self.orders,
  }
end

return M
