--- others: hears what other processes did that share the store: what they published, and what people told them.

local canary = require "understudy.sync.canary"
local core = require "understudy.core"
local events = require "understudy.sync.events"
local restore = require "understudy.sync.restore"
local worker = require "understudy.sync.worker"

local M = {}

local LOOK_EVERY <const> = 1 -- seconds
local ROWS_A_LOOK <const> = 1000
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
  local rows, err = self.host.store:published_since(self.seen_publication - OVERLAP, ROWS_A_LOOK)
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
      waiting[#waiting + 1] = #waiting < ROWS_A_LOOK and name or nil
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

--- Goes on hearing what other processes did; there is no need to tell of a failure, the leases do.
---@param self understudy.Sync
function M.listen(self)
  while true do
    self.host.clock.sleep(LOOK_EVERY)
    events.take(self)
    if not self.host.alone then
      look_at_others(self)
      look_at_released(self)
    end
  end
end

return M
