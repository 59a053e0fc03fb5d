--- sync: keeps every zone of a policy on its way from its source to its targets.
--
-- Events only say that a zone may have changed; workers take zones from the queue and look for themselves.
-- Sources, targets, resolver, store, clock and chance are handed in, so that all of it runs in a
-- simulation as it does in the daemon.

local acknowledge = require "understudy.sync.acknowledge"
local audit = require "understudy.sync.audit"
local crew = require "understudy.sync.crew"
local canary = require "understudy.sync.canary"
local events = require "understudy.sync.events"
local explain = require "understudy.sync.explain"
local lease = require "understudy.sync.lease"
local online = require "understudy.sync.online"
local orders = require "understudy.sync.orders"
local others = require "understudy.sync.others"
local reload = require "understudy.sync.reload"
local resolve = require "understudy.sync.resolve"
local restore = require "understudy.sync.restore"
local retention = require "understudy.sync.retention"
local retry = require "understudy.sync.retry"
local schedule = require "understudy.sync.schedule"
local settings = require "understudy.sync.settings"
local settled_time = require "understudy.sync.settled"
local status = require "understudy.sync.status"
local worker = require "understudy.sync.worker"

local M = {}

local NO_CANARY <const> = {}
local REFRESH_SPREAD <const> = 0.1
local LOOK_EVERY <const> = 1 -- seconds, while something keeps a zone from being worked at

---@class understudy.Sync
local Sync = {}
Sync.__index = Sync
Sync.__name = "understudy.Sync"

for name, order in pairs(orders) do
  Sync[name] = order
end

---@class understudy.SyncHost
---@field clock understudy.Clock
---@field spawn fun(name: string, fn: fun())
---@field random fun(): number     0 to 1
---@field log table
---@field store understudy.Store
---@field lease_store? understudy.Store the same by a connection of its own, see understudy.sync.lease
---@field answers any              core.answers
---@field resolver {lookup_all: function}
---@field exchange? function       for targets: net.udp's
---@field file_events? fun(): table? for sources: net.file_events'
---@field alone? boolean            no other process has to do with the store
---@field predecessor? string       a worker that is known to be dead
---@field announce? fun(worker: string) told of the worker that this process is, for its successor
---@field worker_name? string       what this process calls itself, to tell people

-- What the modules of the way are handed: the outer world, the policy and one another.
local function inner_host(policy, outer)
  local host = {}
  for name, value in pairs(outer) do
    host[name] = value
  end
  host.policy, host.retry = policy, policy.retry
  host.schedule = schedule.new(outer.clock) -- zones by their names
  host.changed = outer.clock.condition() -- of any zone: few wait, and they look again
  host.at_work = {} -- the zones that a worker of this process is at
  host.lanes, host.accounts = setmetatable({}, { __mode = "k" }), {}
  host.settings = settings.new(host)
  host.settled = settled_time.new(outer.clock, outer.log)
  return host
end

local function recall_zones(self, policy)
  local host = self.host
  local zones, err = restore.zones(policy.zones, host)
  if not zones then
    return nil, err
  end
  for i, zone in ipairs(zones) do
    self.names[i], self.zones[zone.name] = zone.name, zone
    worker.use_targets(zone, nil, host)
  end
  return true
end

-- Those of the zones may be gone that the policy has no more. What targets serve is another's to look at from now on.
local function forget_leases(self, names)
  for _, name in ipairs(names) do
    local zone = self.zones[name]
    if zone then
      zone.lease, zone.proofs = nil, nil
      for _, delivery in ipairs(zone.deliveries) do
        delivery.verdict = nil
      end
    end
  end
end

-- Those of the zones that no worker of this process is at; the others are read again before their next run.
local function idle(self, names)
  local list = {}
  for _, name in ipairs(names) do
    local zone = self.zones[name]
    zone.stale = self.host.at_work[zone]
    list[#list + 1] = not zone.stale and name or nil
  end
  return list
end

-- Puts a zone in the queue of its source, if this process has the zone.
local function mark(self, zone_name, cause, event)
  local zone = self.zones[zone_name]
  return zone and zone.lease and self.crew:mark(zone.source, zone_name, cause, event)
end

-- Zones that this process has from now on: it takes up what is written of them, and looks at them.
local function take_up(self, names)
  local host = self.host
  if not host.alone then
    local ok, err = others.reload(self, idle(self, names))
    if not ok then
      return nil, err
    end
  end
  local ok, err = events.recall(self, names)
  if not ok then
    return nil, err
  end
  local leases = {} -- by token, as most zones have the same
  for _, name in ipairs(names) do
    local zone, token = self.zones[name], self.lease.tokens[name]
    if zone then
      leases[token] = leases[token] or { worker = self.lease.worker, token = token }
      zone.lease = leases[token]
      mark(self, name, "start")
    end
  end
  host.settings:note(names)
  return true
end

-- Seconds until a doubt, a freeze or an acknowledgement ends. A frozen zone waits for the end of that, and a doubt that
-- a read after its end left there, because it failed, waits for the next. What has ended and could not be dealt with
-- is tried again soon, and not at once for ever.
local function person_time(zone, host)
  local doubted = zone.recheck and not zone.freeze and zone.read_at < zone.recheck
  local doubt_ends = doubted and zone.recheck - host.clock.monotonic() or math.huge
  local freeze_ends = (zone.freeze and zone.freeze["until"] or math.huge) - host.clock.now()
  local accepted_ends = not zone.freeze and acknowledge.ends(zone) - host.clock.now() or math.huge
  local ends = math.min(doubt_ends, freeze_ends, accepted_ends)
  return ends > 0 and ends or LOOK_EVERY
end

-- How long a look that failed waits: as the rule says, and no longer than the source itself wants.
local function pause_of(zone, host, err, context)
  local pause = retry.of(zone.source, host):next(zone.failures, err, context, host)
  local longest = pause and zone.source.retry_within and zone.source:retry_within(zone.name)
  if not longest or longest >= pause then
    return pause
  end
  return math.max(longest * (1 - REFRESH_SPREAD * host.random()), retry.asked(err))
end

-- When the whole zone is looked at again without an event: soon after a failure, else after the refresh period, however
-- many reads of single names there were meanwhile.
local function set_timer(self, zone, err)
  local host, wait = self.host, nil
  local now = host.clock.monotonic()
  if err then
    zone.failures, zone.failing_since = zone.failures + 1, zone.failing_since or now
    local context = { zone = zone.name, elapsed = now - zone.failing_since }
    wait = pause_of(zone, host, err, context)
  else
    zone.failures, zone.failing_since = nil, nil
  end
  local refresh = host.policy.refresh * (1 + REFRESH_SPREAD * (2 * host.random() - 1))
  local next_time = math.min((zone.read_whole_at or now) + refresh, now + (wait or refresh),
    now + person_time(zone, host))
  host.schedule:at(zone.name, math.max(now, next_time))
end

local function look_soon(self, zone)
  self.host.schedule:at(zone.name, self.host.clock.monotonic() + LOOK_EVERY)
end

-- Tells who has a zone by now what this process has heard.
local function hand_over(self, entry)
  events.pass_on(self, entry.zone, entry.cause, not entry.names.whole and entry.names.list or nil)
end

-- Runs a zone that this process has. What another published meanwhile is read again; who has the zone by now is told.
local function run(self, zone, entry)
  if not zone.lease then
    return hand_over(self, entry)
  elseif not self.lease:good() or self.host.at_work[zone] then
    return look_soon(self, zone) -- it has another source now, and a worker is at it for the old one
  elseif zone.stale then
    if not others.reload(self, { zone.name }) then
      return look_soon(self, zone)
    end
    zone.stale = nil
  end
  self.host.at_work[zone] = true
  local _, err = worker.run(zone, entry, self.host)
  self.host.at_work[zone] = nil
  if self.zones[zone.name] ~= zone then
    return -- the policy has it no more
  elseif err and (err.code == "conflict" or err.code == "fenced") then
    if err.code == "fenced" then
      hand_over(self, entry)
    end
    others.reload(self, { zone.name })
  end
  set_timer(self, zone, err)
end

local function work(self, entry)
  local zone = self.zones[entry.zone]
  if zone then
    run(self, zone, entry)
    zone.handled = entry.number
    self.host.changed:signal()
  end
end

--- Makes it from a policy and what the store remembers. Nothing runs yet, but publications are there.
---@param policy understudy.Policy
---@param outer understudy.SyncHost
---@return understudy.Sync? sync
---@return understudy.Error? err
function M.new(policy, outer)
  local host = inner_host(policy, outer)
  local self = setmetatable({
    host = host, zones = {}, names = {}, watched = {}, forwards = {}, running = false,
  }, Sync)
  self.crew = crew.new(host, math.floor(outer.clock.now() * 1000), function(entry)
    work(self, entry)
  end)
  host.resolve = resolve.new(host, function(zone_name)
    self.zones[zone_name].outdated = true
    mark(self, zone_name, "alias refresh", false)
  end)
  local ok, err = host.resolve:restore()
  if ok then
    ok, err = recall_zones(self, policy)
  end
  if not ok then
    return nil, err
  end
  self.lease = lease.new(host, self.names, function(names)
    return take_up(self, names)
  end, function(names)
    forget_leases(self, names)
  end)
  host.lease = self.lease
  return self
end

local function fire(self, names)
  for _, name in ipairs(names) do
    local zone = self.zones[name]
    if zone then
      mark(self, zone.name, zone.failures > 0 and "retry" or "refresh")
    end
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

-- The names of the zones that are pulled from each source.
local function names_by_source(self)
  local names_of = {}
  for _, name in ipairs(self.names) do
    local source = self.zones[name].source
    names_of[source] = names_of[source] or {}
    table.insert(names_of[source], name)
  end
  return names_of
end

--- One task a source, for all zones that are pulled from it. To be called again when these have changed: then the
--- lists that sources were handed change, and those without a zone end.
function Sync:watch()
  local names_of, watched = names_by_source(self), self.watched
  for source, list in pairs(watched) do
    local names = names_of[source] or {}
    table.move(names, 1, math.max(#names, #list), 1, list)
    watched[source] = names_of[source] and list
  end
  for source, names in pairs(names_of) do
    if not watched[source] then
      watched[source] = names
      self.host.spawn("watch a source", function()
        source:watch(names, function(name, event)
          events.hear(self, name, event)
        end, self.host)
      end)
    end
  end
end

local function spawn_tasks(self)
  local host = self.host
  host.spawn("timers", function()
    keep_time(self)
  end)
  host.spawn("answers", function()
    self.host.resolve:run()
  end)
  host.spawn("leases", function()
    self.lease:keep()
  end)
  host.spawn("events of others", function()
    others.listen(self)
  end)
  host.spawn("events for others", function()
    events.forward(self)
  end)
  host.spawn("settings", function()
    host.settings:run(self.zones)
  end)
  host.spawn("retention", function()
    retention.run(self.zones, host)
  end)
  if host.policy.verify then
    host.spawn("audit", function()
      audit.run(self.names, self.zones, host)
    end)
  end
end

--- Looks at the zones from outside, if the policy asks for that and it is not done already.
function Sync:look_outside()
  if self.looks_outside or not self.host.policy.online then
    return
  end
  self.looks_outside = true
  self.host.spawn("online checks", function()
    online.run(self.names, self.zones, self.host)
    self.looks_outside = false
  end)
end

--- Starts to work: takes the zones that are free and looks at them, watches sources, keeps timers.
---@return boolean? ok
---@return understudy.Error? err
function Sync:start()
  local last, err = self.host.store:last_publication()
  if not last then
    return nil, err
  end
  self.seen_publication = last
  self.crew:hold(true) -- first all zones are taken: to look at many takes long
  local ok, problem = self.lease:begin()
  self.crew:hold(false)
  if not ok then
    return nil, problem
  end
  spawn_tasks(self)
  self:watch()
  self:look_outside()
  return true
end

--- Ends: gives all zones back to be taken by others at once.
function Sync:finish()
  self.lease:finish()
end

--- Follows another policy from now on, see understudy.sync.reload.
---@param policy understudy.Policy
---@param plan understudy.PolicyPlan
---@param fresh {resolver?: any, answers?: any}
---@return boolean? ok
---@return understudy.Error? err then nothing has changed
function Sync:reload(policy, plan, fresh)
  return reload.run(self, policy, plan, fresh)
end

--- Says that a zone may have changed, and at best what of it. When another process has the zone it is told, through
--- the store. What was deleted is to be said by `tell`.
---@param zone_name string
---@param cause string
---@param event? understudy.Event
---@return integer ticket for `settle`
function Sync:mark(zone_name, cause, event)
  local zone = self.zones[zone_name]
  local number = mark(self, zone_name, cause, event)
  if zone and not number then
    events.pass_on(self, zone_name, cause, event and { event })
  end
  return number or zone and zone.handled or 0
end

local function settled(zone, ticket, seconds)
  if not zone.lease then
    return true
  elseif zone.handled < ticket then
    return false
  end
  for _, delivery in ipairs(zone.deliveries) do
    if not delivery:settled(seconds) then
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
  while true do
    local left = deadline - clock.monotonic()
    if settled(zone, ticket, left) then
      return true
    elseif left <= 0 then
      return false
    end
    self.host.changed:wait(left)
  end
end

--- What is published of a zone; nil if nothing is, or the zone is not known.
---@param zone_name string
---@return understudy.Publication?
function Sync:publication(zone_name)
  local zone = self.zones[zone_name]
  return zone and zone.publication
end

--- What targets may have of a zone that are no canaries; nil if nothing.
---@param zone_name string
---@return understudy.Publication?
function Sync:released(zone_name)
  local zone = self.zones[zone_name]
  return zone and canary.publication(zone, NO_CANARY)
end

--- The diff from a serial to what is published of a zone; nil if it is not known.
---@param zone_name string
---@param serial integer
---@return any? diff
function Sync:delta(zone_name, serial)
  local zone = self.zones[zone_name]
  return zone and zone.deltas and zone.deltas:find(serial)
end

--- What the policy says of a zone; nil if it has no such zone.
---@param zone_name string
---@return {name: string, source: table, targets: table[]}?
function Sync:setting(zone_name)
  local zone = self.zones[zone_name]
  return zone and zone.setting
end

--- Whether the policy has a zone.
---@param zone_name string
---@return boolean
function Sync:knows(zone_name)
  return self.zones[zone_name] ~= nil
end

--- The publications of a zone that are kept, newest first.
---@param zone_name string
---@return {zone: string, publications: table[]}? history
---@return understudy.Error? err
function Sync:history(zone_name)
  local rows, err = self.host.store:history(zone_name)
  return rows and { zone = zone_name, publications = rows }, err
end

--- What led to what is served of a zone, and of a name of it.
---@param zone_name string
---@param owner? string
---@return table? explanation
---@return understudy.Error? err
function Sync:explain(zone_name, owner)
  return explain.of(self.zones[zone_name], owner, self.host)
end

--- The status of one zone; nil if it is not known.
---@param zone_name string
---@return table?
function Sync:zone_status(zone_name)
  local zone = self.zones[zone_name]
  return zone and status.of(zone, self.host.resolve:answers_of(zone_name), self.host.clock, self.lease:trouble())
end

--- How the store stands: whether what is published can be written down.
---@return {state: string, since?: number, why?: string, remedy?: string}
function Sync:store_status()
  return status.of_store(self.lease:trouble())
end

--- The processes at the same store that go by another policy.
---@return understudy.OtherPolicy[]
function Sync:other_policies()
  return self.host.settings:of_others()
end

--- The status of all zones, in the order of the policy, each when it is its turn.
---@return fun(): table?
function Sync:each_status()
  local names, i = self.names, 0
  return function()
    local shown
    while not shown and i < #names do
      i = i + 1
      shown = self:zone_status(names[i]) -- unless the policy has it no more
    end
    return shown
  end
end

--- The same, all at once.
---@return table[]
function Sync:status()
  local list = {}
  for shown in self:each_status() do
    list[#list + 1] = shown
  end
  return list
end

return M
