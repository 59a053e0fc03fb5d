--- deliver: brings the newest publication of a zone to one target, and does not rest before it is there.
--
-- One delivery a (zone, target), level-triggered: it always works on the newest publication, and a newer
-- one ends its waiting. It knows nothing of other targets, so none can delay another.

local publish = require "understudy.sync.publish"
local uerror = require "understudy.error"
local verify = require "understudy.sync.verify"

local M = {}

-- Attempts at the same target at the same time.
local ATTEMPTS_AT_ONCE <const> = 16

local Delivery = {}
Delivery.__index = Delivery
Delivery.__name = "understudy.Delivery"

---@class understudy.Delivery
---@field zone table        name and publication
---@field target table
---@field state string      "pending", "ok", "lagging" or "unreachable"
---@field since number      when the state became so
---@field served? integer   the serial that the target was last seen to serve
---@field attempts integer  failures in a row
---@field error? string     the last one

--- Makes a delivery, as the store remembers it if it does.
---@param zone table
---@param target table
---@param gate table see M.gate
---@param host table
---@param row? table
---@return understudy.Delivery
function M.new(zone, target, gate, host, row)
  row = row or {}
  return setmetatable({
    zone = zone,
    target = target,
    gate = gate,
    host = host,
    state = row.state or "pending",
    since = row.since or host.clock.now(),
    wanted = row.wanted,
    served = row.served,
    attempts = 0,
    error = row.error,
    woken = host.clock.condition(),
    requested = false,
    running = false,
  }, Delivery)
end

--- Lets so many attempts at a target pass at the same time.
---@param clock understudy.Clock
---@return table gate
function M.gate(clock)
  local inside, freed = 0, clock.condition()
  return {
    enter = function()
      while inside >= ATTEMPTS_AT_ONCE do
        freed:wait()
      end
      inside = inside + 1
    end,
    leave = function()
      inside = inside - 1
      freed:signal()
    end,
  }
end

-- One attempt: tell, then look. A target that is only looked at again is told when that shows a need.
local function attempt(delivery, publication, tell)
  local target, zone_name, host = delivery.target, delivery.zone.name, delivery.host
  if not tell then
    local ok, err, served = verify.once(target, zone_name, publication, host)
    if ok or verify.unreachable(err) then
      return ok, err, served
    end
  end
  -- An answer to NOTIFY can be lost and the transfer still happen: what counts is what is served.
  local told, problem = target:deliver(publication, host)
  local ok, err, served = verify.wait(target, zone_name, publication, host)
  if not ok and not told and not verify.unreachable(err) then
    err = problem
  end
  return ok, err, served
end

local function enter_state(delivery, state)
  if delivery.state ~= state then
    delivery.state, delivery.since = state, delivery.host.clock.now()
    return true
  end
  return false
end

local function save(delivery)
  local zone, host = delivery.zone, delivery.host
  if not zone.lease then
    return
  end
  local ok, err = host.store:save_delivery(publish.leased(zone, host.clock.now(), {
    target = delivery.target.name,
    state = delivery.state,
    wanted = delivery.wanted,
    served = delivery.served,
    attempts = delivery.attempts,
    error = delivery.error,
    since = delivery.since,
  }))
  if not ok then
    host.log:warning("%s a delivery is not written down: %s", zone.name, err.message)
  end
  zone.changed:signal()
end

local function succeeded(delivery, publication)
  local moved = delivery.served ~= publication.serial or delivery.attempts > 0
  delivery.served, delivery.attempts, delivery.error = publication.serial, 0, nil
  if enter_state(delivery, "ok") or moved then
    delivery.host.log:info("%s %s serves serial %d", delivery.zone.name, delivery.target.name,
      publication.serial)
    save(delivery)
  end
end

local function failed(delivery, err, served)
  delivery.attempts = delivery.attempts + 1
  delivery.served = served or delivery.served
  delivery.error = err.message
  local state = verify.unreachable(err) and "unreachable" or "lagging"
  if enter_state(delivery, state) then
    delivery.host.log:warning("%s %s is %s: %s", delivery.zone.name, delivery.target.name, state, err.message)
  end
  save(delivery)
end

-- An attempt that an adapter's bug can't turn into an endless one.
local function guarded_attempt(delivery, publication, tell)
  delivery.gate.enter()
  local done, ok, err, served = xpcall(attempt, debug.traceback, delivery, publication, tell)
  delivery.gate.leave()
  if not done then
    ok, err, served = nil, uerror.from(ok), nil
  end
  return ok, err, served
end

-- Waits as the policy says, or until something newer is wanted; false if the policy gives up.
local function pause(delivery, err, started)
  local host = delivery.host
  local delay, reason = host.retry:next(delivery.attempts, err, host.clock.monotonic() - started, host.random)
  if not delay then
    host.log:error("%s %s: no more attempts: %s", delivery.zone.name, delivery.target.name, reason)
    return false
  end
  if not delivery.requested then
    delivery.woken:wait(delay)
  end
  return true
end

-- Only the process that has the zone delivers it.
local function may_act(delivery)
  return not delivery.ended and delivery.zone.lease and delivery.host.lease:good()
end

-- Attempts until the target serves the publication, the policy gives up or there is a newer one.
local function bring(delivery, publication)
  local started = delivery.host.clock.monotonic()
  delivery.wanted, delivery.attempts = publication.serial, 0
  while publication == delivery.zone.publication and may_act(delivery) do
    local tell = delivery.tell or delivery.attempts > 0
    delivery.requested, delivery.tell = false, false
    local ok, err, served = guarded_attempt(delivery, publication, tell)
    if publication ~= delivery.zone.publication then
      return
    elseif ok then
      return succeeded(delivery, publication)
    end
    failed(delivery, err, served)
    if not pause(delivery, err, started) then
      return
    end
  end
end

--- Asks for the newest publication to be delivered.
---@param tell boolean whether the target must be told; else it is first looked at
function Delivery:want(tell)
  self.requested, self.tell = true, self.tell or tell
  self.woken:signal()
  if self.running then
    return
  end
  self.running = true
  self.host.spawn("deliver " .. self.zone.name .. " to " .. self.target.name, function()
    while self.requested and may_act(self) do
      bring(self, self.zone.publication)
    end
    self.running = false
  end)
end

--- Ends it: the policy has no such target for the zone any more, or another of its name.
function Delivery:finish()
  self.ended = true
  self.woken:signal()
end

--- Whether there is nothing to wait for: it is there, or a first attempt at it has failed.
---@return boolean
function Delivery:settled()
  local publication = self.zone.publication
  return not publication or self.served == publication.serial
    or self.wanted == publication.serial and self.attempts > 0
end

return M
