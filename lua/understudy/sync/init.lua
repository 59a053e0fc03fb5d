--- sync: keeps every zone of a policy on its way from its source to its targets.
--
-- Events only say that a zone may have changed; workers take zones from the queue and look for themselves.
-- Sources, targets, resolver, store, clock and chance are handed in, so that all of it runs in a
-- simulation as it does in the daemon.

local audit = require "understudy.sync.audit"
local online = require "understudy.sync.online"
local queue = require "understudy.sync.queue"
local resolve = require "understudy.sync.resolve"
local restore = require "understudy.sync.restore"
local schedule = require "understudy.sync.schedule"
local status = require "understudy.sync.status"
local worker = require "understudy.sync.worker"

local M = {}

local WORKERS <const> = 8
local REFRESH_SPREAD <const> = 0.1

---@class understudy.Sync
local Sync = {}
Sync.__index = Sync
Sync.__name = "understudy.Sync"

---@class understudy.SyncHost
---@field clock understudy.Clock
---@field spawn fun(name: string, fn: fun())
---@field random fun(): number     0 to 1
---@field log table
---@field store understudy.Store
---@field answers any              core.answers
---@field resolver {lookup_all: function}
---@field exchange? function       for targets: net.udp's

-- What the modules of the way are handed: the outer world, the policy and one another.
local function inner_host(policy, outer)
  local host = {}
  for name, value in pairs(outer) do
    host[name] = value
  end
  host.policy, host.retry = policy, policy.retry
  host.schedule = schedule.new(outer.clock)
  return host
end

--- Makes it from a policy and what the store remembers. Nothing runs yet, but publications are there.
---@param policy understudy.Policy
---@param outer understudy.SyncHost
---@return understudy.Sync? sync
---@return understudy.Error? err
function M.new(policy, outer)
  local host = inner_host(policy, outer)
  local self = setmetatable({ host = host, zones = {}, names = {}, queue = queue.new(outer.clock) }, Sync)
  host.resolve = resolve.new(host, function(zone_name)
    self.zones[zone_name].outdated = true
    self.queue:mark(zone_name, "alias refresh")
  end)
  local ok, err = host.resolve:restore()
  if not ok then
    return nil, err
  end
  local gates = {}
  for i, setting in ipairs(policy.zones) do
    local zone, problem = restore.zone(setting, gates, host)
    if not zone then
      return nil, problem
    end
    self.names[i], self.zones[zone.name] = zone.name, zone
    worker.use_targets(zone, nil, host)
  end
  return self
end

local function timer_of(zone)
  return "zone " .. zone.name
end

-- When the zone is looked at again without an event: soon after a failure, else after the refresh period.
local function set_timer(self, zone, err)
  local host, wait = self.host, nil
  local now = host.clock.monotonic()
  if err then
    zone.failures, zone.failing_since = zone.failures + 1, zone.failing_since or now
    wait = host.retry:next(zone.failures, err, now - zone.failing_since, host.random)
  else
    zone.failures, zone.failing_since = 0, nil
  end
  local refresh = host.policy.refresh * (1 + REFRESH_SPREAD * (2 * host.random() - 1))
  host.schedule:at(timer_of(zone), now + math.min(wait or refresh, refresh))
end

local function work(self)
  while true do
    local lease = self.queue:take()
    local zone = self.zones[lease.zone]
    local _, err = worker.run(zone, lease.cause, self.host)
    set_timer(self, zone, err)
    zone.handled = lease.number
    self.queue:done(lease)
    zone.changed:signal()
  end
end

local function fire(self, keys)
  for _, key in ipairs(keys) do
    local zone_name = key:match "^zone (%S+)$"
    self.queue:mark(zone_name, self.zones[zone_name].failures > 0 and "retry" or "refresh")
  end
end

local function keep_time(self)
  local timers, clock = self.host.schedule, self.host.clock
  while true do
    fire(self, timers:due(clock.monotonic()))
    local next_time = timers:next()
    timers.earlier:wait(next_time and math.max(0, next_time - clock.monotonic()))
  end
end

-- One task a source, for all zones that are pulled from it.
local function watch(self)
  local names_of = {}
  for _, name in ipairs(self.names) do
    local source = self.zones[name].source
    names_of[source] = names_of[source] or {}
    table.insert(names_of[source], name)
  end
  for source, names in pairs(names_of) do
    self.host.spawn("watch a source", function()
      source:watch(names, function(name)
        self:mark(name, "source changed")
      end, self.host)
    end)
  end
end

--- Starts to work: all zones are looked at, sources watched, timers kept.
function Sync:start()
  for _, name in ipairs(self.names) do
    self:mark(name, "start")
  end
  for i = 1, WORKERS do
    self.host.spawn("worker " .. i, function()
      work(self)
    end)
  end
  self.host.spawn("timers", function()
    keep_time(self)
  end)
  self.host.spawn("answers", function()
    self.host.resolve:run()
  end)
  if self.host.policy.verify then
    self.host.spawn("audit", function()
      audit.run(self.names, self.zones, self.host)
    end)
  end
  if self.host.policy.online then
    self.host.spawn("online checks", function()
      online.run(self.names, self.zones, self.host)
    end)
  end
  watch(self)
end

--- Says that a zone may have changed.
---@param zone_name string
---@param cause string
---@return integer ticket for `settle`
function Sync:mark(zone_name, cause)
  return self.queue:mark(zone_name, cause)
end

local function settled(zone, ticket)
  if zone.handled < ticket then
    return false
  end
  for _, delivery in ipairs(zone.deliveries) do
    if not delivery:settled() then
      return false
    end
  end
  return true
end

--- Waits until a mark is dealt with: published and delivered, or failed.
---@param zone_name string
---@param ticket integer
---@param seconds number at most
---@return boolean settled
function Sync:settle(zone_name, ticket, seconds)
  local zone, clock = self.zones[zone_name], self.host.clock
  local deadline = clock.monotonic() + seconds
  while not settled(zone, ticket) do
    local left = deadline - clock.monotonic()
    if left <= 0 then
      return false
    end
    zone.changed:wait(left)
  end
  return true
end

--- What is published of a zone; nil if nothing is, or the zone is not known.
---@param zone_name string
---@return understudy.Publication?
function Sync:publication(zone_name)
  local zone = self.zones[zone_name]
  return zone and zone.publication
end

--- The diff from a serial to what is published of a zone; nil if it is not known.
---@param zone_name string
---@param serial integer
---@return any? diff
function Sync:delta(zone_name, serial)
  local zone = self.zones[zone_name]
  return zone and zone.deltas:find(serial)
end

--- The status of one zone; nil if it is not known.
---@param zone_name string
---@return table?
function Sync:zone_status(zone_name)
  local zone = self.zones[zone_name]
  return zone and status.of(zone, self.host.resolve:answers_of(zone_name), self.host.clock.now())
end

--- The status of all zones, in the order of the policy.
---@return table[]
function Sync:status()
  local list = {}
  for i, name in ipairs(self.names) do
    list[i] = self:zone_status(name)
  end
  return list
end

return M
