--- others: hears what other processes did that share the store: what they published, and what people told them.

local canary = require "understudy.sync.canary"
local core = require "understudy.core"
local restore = require "understudy.sync.restore"
local worker = require "understudy.sync.worker"

local M = {}

local LOOK_EVERY <const> = 1 -- seconds
local EVENTS_A_LOOK <const> = 1000
-- Numbers of publications can become visible in another order than they were given.
local OVERLAP <const> = 50

--- Reads zones again from the store, as another process may have changed them.
---@param self understudy.Sync
---@param names string[]
---@return boolean? ok
---@return understudy.Error? err
function M.reload(self, names)
  local zones = {}
  for i, name in ipairs(names) do
    zones[i] = self.zones[name]
  end
  local ok, err = restore.again(zones, self.host)
  for _, zone in ipairs(zones) do
    worker.use_targets(zone, nil, self.host)
  end
  self.host.changed:signal()
  return ok, err
end

-- Takes up what others published of zones: what is new of them, or where that is not enough all.
local function follow(self, zones, ids)
  local left, err = restore.follow(zones, ids, self.host)
  if not left then
    return nil, err
  end
  local names, unread = {}, {}
  for i, zone in ipairs(left) do
    names[i], unread[zone] = zone.name, true
  end
  for _, zone in ipairs(zones) do
    if not unread[zone] then
      worker.use_targets(zone, nil, self.host)
    end
  end
  self.host.changed:signal()
  return #names == 0 or M.reload(self, names)
end

-- A database that went back gives numbers again that it gave before.
local function look_for_fewer(self)
  local last, err = self.host.store:last_publication()
  self.seen_publication = last and math.min(last, self.seen_publication) or self.seen_publication
  return last, err
end

-- Looks at what others published since the last look.
local function look_at_others(self)
  local rows, err = self.host.store:published_since(self.seen_publication - OVERLAP, EVENTS_A_LOOK)
  if not rows then
    return nil, err
  elseif #rows == 0 then
    return look_for_fewer(self)
  end
  local zones, ids, seen, last = {}, {}, {}, self.seen_publication
  for _, row in ipairs(rows) do
    last = math.max(last, row.id)
    local zone = self.zones[row.zone]
    local known = zone and zone.publication
    local is_new = not known or core.serial_compare(known.serial, row.serial) == -1
    if zone and not zone.lease and not self.host.at_work[zone] and is_new then
      ids[#ids + 1] = row.id
      zones[#zones + 1] = not seen[zone] and zone or nil
      seen[zone] = true
    end
  end
  if #zones > 0 then
    local ok, problem = follow(self, zones, ids)
    if not ok then
      return nil, problem
    end
  end
  self.seen_publication = last
  return true
end

-- Reads again those zones of others whose canaries have what the other targets may have by now, perhaps.
local function look_at_released(self)
  local waiting = {}
  for _, name in ipairs(self.names) do
    local zone = self.zones[name]
    if not zone.lease and not self.host.at_work[zone] and canary.plan(zone) then
      waiting[#waiting + 1] = #waiting < EVENTS_A_LOOK and name or nil
    end
  end
  local rows = #waiting > 0 and self.host.store:zones(waiting, self.host.clock.now()) or {}
  local names = {}
  for name, row in pairs(rows) do
    local released = self.zones[name] and self.zones[name].released
    names[#names + 1] = row.released ~= (released and released.serial) and name or nil
  end
  return #names == 0 or M.reload(self, names)
end

-- Takes up the events that others left for zones that this process has. Those stay for which it is about to become
-- ready: what it reads of them may be from before.
local function take_events(self)
  local store = self.host.store
  local events, err = store:events(self.lease.worker, EVENTS_A_LOOK)
  if not events then
    return nil, err
  end
  local zones, taken, ids = {}, {}, {}
  for _, event in ipairs(events) do
    local zone = self.zones[event.zone]
    if zone and zone.lease and not taken[zone] then
      taken[zone], zones[#zones + 1] = true, zone
    end
  end
  if #zones == 0 then
    return true
  end
  local ok, problem = restore.said(zones, self.host)
  if not ok then
    return nil, problem
  end
  for _, event in ipairs(events) do
    if taken[self.zones[event.zone]] then
      self:mark(event.zone, event.cause)
      ids[#ids + 1] = event.id
    end
  end
  return store:forget_events(ids)
end

--- Goes on hearing what other processes did; there is no need to tell of a failure, the leases do.
---@param self understudy.Sync
function M.listen(self)
  while true do
    self.host.clock.sleep(LOOK_EVERY)
    take_events(self)
    if not self.host.alone then
      look_at_others(self)
      look_at_released(self)
    end
  end
end

-- The events for zones of other processes since the last look: one a zone.
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
    for zone_name, cause in pairs(take_forwards(self)) do
      if not host.store:post_event(zone_name, cause, host.clock.now()) then
        self.forwards[zone_name] = self.forwards[zone_name] or cause
      end
    end
  end
end

return M
