--- events: what people, programs and other processes say to have changed in zones.
--
-- That a zone may have changed needs no store: it is in the queue of the process that has the zone, and whoever has it
-- next reads all of it. Two things are written down before whoever said them is answered: what is for a zone of another
-- process, which hears of it by the store; and what was deleted, for that is a proof which no read can give again
-- (understudy.sync.proof).

local names = require "understudy.sync.names"
local proof = require "understudy.sync.proof"
local restore = require "understudy.sync.restore"
local uerror = require "understudy.error"

local M = {}

local LOOK_EVERY <const> = 1 -- seconds
local EVENTS_A_LOOK <const> = 1000
local SOURCE_CHANGED <const> = "source changed"

-- Adds a deletion that the store keeps to what is known of its zone. False if it is known.
local function keep(zone, event, said_at)
  return proof.add(zone, { id = event.id, owner = event.owner, type = event.type, at = said_at })
end

local function mark_all(self, zone, cause, events)
  local ticket
  for i = 1, math.max(1, #events) do
    ticket = self:mark(zone.name, cause, events[i])
  end
  return ticket
end

local function gone_of(events)
  local list = {}
  for _, event in ipairs(events) do
    list[#list + 1] = event.gone and event or nil
  end
  return list
end

--- Says that a zone may have changed, and what of it. When that returns, neither a restart nor a change of the process
--- that has the zone can lose what was deleted.
---@param self understudy.Sync
---@param zone_name string
---@param cause string
---@param said understudy.Event[] as understudy.sync.names reads them; none if anything may have changed
---@return integer? ticket for `settle`
---@return understudy.Error? err
function M.tell(self, zone_name, cause, said)
  local zone, clock = self.zones[zone_name], self.host.clock
  if not zone then
    return uerror.fail("absent", "the policy has no zone '%s' any more", zone_name)
  end
  local lease = zone.lease
  local kept = lease and gone_of(said) or said
  if lease and #kept == 0 then
    return mark_all(self, zone, cause, said)
  end
  local said_at = clock.monotonic()
  local ids, err = self.host.store:post_event(zone_name, cause, clock.now(), kept)
  if not ids then
    return nil, err
  elseif not lease then
    return zone.handled
  elseif self.zones[zone_name] ~= zone or zone.lease ~= lease then
    return M.tell(self, zone_name, cause, said) -- it is for another process by now
  end
  for i, event in ipairs(kept) do
    keep(zone, { id = ids[i], owner = event.owner, type = event.type }, said_at)
  end
  return mark_all(self, zone, cause, said)
end

--- Hears what a source says of itself. Where what it says to be deleted can't be kept, it is only read again.
---@param self understudy.Sync
---@param zone_name string
---@param event? understudy.Event as the source gives it
function M.hear(self, zone_name, event)
  local zone = self.zones[zone_name]
  if not zone or not zone.lease then
    return -- who has the zone hears it too
  end
  local gone = type(event) == "table" and event.gone
  if not gone or not self:tell(zone_name, SOURCE_CHANGED, { event }) then
    self:mark(zone_name, SOURCE_CHANGED, event)
  end
end

--- Recalls what was said to be deleted in zones, before they are read for the first time.
---@param self understudy.Sync
---@param zone_names string[]
---@return boolean? ok
---@return understudy.Error? err
function M.recall(self, zone_names)
  local clock = self.host.clock
  local asked_at = clock.monotonic()
  local events, err = self.host.store:deletions(zone_names, clock.now())
  if not events then
    return nil, err
  end
  for _, event in ipairs(events) do
    local zone = self.zones[event.zone]
    if zone then
      keep(zone, event, proof.said_at(asked_at, event.age))
    end
  end
  return true
end

-- Those of some events that this process did not know yet, and the zones that they are for.
local function news(self, events, asked_at)
  local list, zones, taken, ids = {}, {}, {}, {}
  for _, event in ipairs(events) do
    local zone = self.zones[event.zone]
    if zone and zone.lease then
      ids[#ids + 1] = event.id
      if not event.gone or keep(zone, event, proof.said_at(asked_at, event.age)) then
        list[#list + 1] = event
        zones[#zones + 1] = not taken[zone] and zone or nil
        taken[zone] = true
      end
    end
  end
  return list, zones, ids
end

--- Takes up the events that were left for zones that this process has. Those stay for which it is about to become
--- ready: what it reads of them may be from before.
---@param self understudy.Sync
---@return any ok
---@return understudy.Error? err
function M.take(self)
  local store, clock = self.host.store, self.host.clock
  local asked_at = clock.monotonic()
  local events, err = store:events(self.lease.worker, EVENTS_A_LOOK, clock.now())
  if not events then
    return nil, err
  end
  local new, zones, ids = news(self, events, asked_at)
  if #zones > 0 then
    local ok, problem = restore.said(zones, self.host)
    if not ok then
      for _, zone in ipairs(zones) do
        proof.forget(zone, ids) -- until they are taken
      end
      return nil, problem
    end
  end
  for _, event in ipairs(new) do
    self:mark(event.zone, event.cause, event.owner and event)
  end
  return #ids == 0 or store:take_events(self.lease.worker, ids)
end

--- Keeps an event for the process that has its zone.
---@param self understudy.Sync
---@param zone_name string
---@param cause string
---@param named? understudy.Event[] all that changed; else anything may have
function M.pass_on(self, zone_name, cause, named)
  local before = self.forwards[zone_name] or { cause = cause, named = {} }
  local list = {}
  for _, event in ipairs(named or {}) do
    list[#list + 1] = { owner = event.owner, type = event.type } -- what was deleted is in the store, with its time
  end
  local all = named and before.named and table.move(list, 1, #list, #before.named + 1, before.named)
  self.forwards[zone_name] = { cause = before.cause, named = all and #all <= names.MAX and all or nil }
end

-- The events for zones of other processes since the last look, by zone.
local function take_forwards(self)
  local forwards = self.forwards
  self.forwards = {}
  return forwards
end

--- Goes on passing events on to the processes that have their zones. What can't be written down is tried again.
---@param self understudy.Sync
function M.forward(self)
  local host = self.host
  while true do
    host.clock.sleep(LOOK_EVERY)
    for zone_name, event in pairs(take_forwards(self)) do
      if not host.store:post_event(zone_name, event.cause, host.clock.now(), event.named) then
        M.pass_on(self, zone_name, event.cause, event.named)
      end
    end
  end
end

return M
