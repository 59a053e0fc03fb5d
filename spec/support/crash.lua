--- crash: kills the daemon again and again while zones change, and sees that nothing that it acknowledged is lost: no
--- serial goes back or stands for two contents, and each start goes on by itself.
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local faulty_disk = require "spec.support.faulty_disk"
local nsd = require "spec.support.nsd"

local M = {}

local ZONES <const> = { "a.example", "b.example", "c.example", "d.example", "e.example" }
local LOAD_PAUSE <const> = 0.02
local LIVES_FOR <const> = 0.6 -- seconds at most under load
local DISK_CALLS <const> = 150 -- at most, until one is the last

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  %s
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones   = { "%s" },
  retry   = backoff { first = "0.05s", max = "0.1s" },
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. 1 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
version TXT "%d"
]]

local Loop = {}
Loop.__index = Loop

function Loop:edit()
  self.version = self.version + 1
  for _, zone in ipairs(ZONES) do
    local file <close> = assert(io.open(self.folder .. "/new", "wb"))
    file:write(ZONE:format(self.version))
    file:close()
    assert(os.rename(self.folder .. "/new", ("%s/%s.zone"):format(self.folder, zone)))
  end
end

-- Remembers what the daemon tells; false when it has died.
function Loop:look()
  local answer = self.daemon:ask("GET", "/v1/status")
  for _, zone in ipairs(answer and answer.zones or {}) do
    if zone.serial then
      local known = self.told[zone.name] or { serial = 0, hashes = {} }
      self.told[zone.name] = known
      assert(not known.hashes[zone.serial] or known.hashes[zone.serial] == zone.hash,
        "a serial stands for two contents")
      assert(zone.serial >= known.serial, ("%s went back from %s to %s"):format(zone.name, known.serial, zone.serial))
      known.serial, known.hashes[zone.serial] = zone.serial, zone.hash
    end
  end
  return answer ~= nil
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
  while self:look() and cqueues.monotime() < until_killed do
    self:edit()
    cqueues.sleep(LOAD_PAUSE)
  end
  self.daemon:stop "KILL"
  return self.told["a.example."] and self.told["a.example."].serial > before
end

-- Whether every zone shows what was written last.
function Loop:is_newest()
  self:look()
  for _, zone in ipairs(ZONES) do
    local answer = self.daemon:ask("GET", ("/v1/zones/%s/explain/version"):format(zone))
    local served = answer and answer.name.served[1]
    if not served or served.records[1] ~= ('"%d"'):format(self.version) then
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
---@field slowest_start number seconds

--- Kills the daemon so many times.
---@param kills integer
---@param store? string a setting of the policy; by default the state is in a file, and half of the deaths happen at a
---  random call to the disk
---@return spec.Crashes
function M.run(kills, store)
  local self = setmetatable({ version = 0, told = {}, slowest_start = 0 }, Loop)
  local remove
  self.folder, remove = command.folder {
    ["policy.lua"] = POLICY:format(nsd.free_port(), store or "", table.concat(ZONES, '", "')),
  }
  self.disk = not store and faulty_disk.new(self.folder) or nil
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
    slowest_start = self.slowest_start,
  }
end

return M
