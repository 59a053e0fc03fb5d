--- lane: where the deliveries to one target wait for their turn, so that none can hold up another target's.
--
-- A delivery stands in it once at most, so it holds no more than there are zones. Who fails waits in a line of its own
-- with half of the places, so that zones that go well never wait for those that do not; of two lines that both can go
-- on, each goes in turn. Who is only looked at, as it serves what it should, waits until nobody else does. Breaker and
-- account of the target say when nobody may.

local account = require "understudy.sync.account"
local breaker = require "understudy.sync.breaker"
local fifo = require "understudy.sync.fifo"
local schedule = require "understudy.sync.schedule"

local M = {}

--- Attempts at a time, unless the policy says otherwise.
M.AT_ONCE = 16

local Lane = {}
Lane.__index = Lane
Lane.__name = "understudy.Lane"

---@class understudy.Lane
---@field target table
---@field breaker understudy.Breaker
---@field account understudy.Account

local function new(target, host)
  local paid = account.of(target, host)
  return setmetatable({
    target = target, host = host, account = paid,
    breaker = breaker.new(target, host),
    -- What the target is handed: what it asks for beyond one request an attempt it has to pay for before.
    outside = setmetatable({ spend = function(count)
      return paid:take(count)
    end }, { __index = host }),
    at_once = target.at_once or M.AT_ONCE,
    running = 0, retrying = 0,
    fresh = fifo.new(), again = fifo.new(), looks = fifo.new(), fresh_was_last = false,
    under_way = {}, -- deliveries whose attempt has not ended
    queued = {}, -- the line of each delivery that waits; where it stood before is skipped
    looked = {}, -- those that stand in `looks`, whether they still wait there or not
    later = schedule.new(host.clock), -- deliveries, by the time of their next attempt
    woken = host.clock.condition(),
    active = false,
  }, Lane)
end

--- The lane of a target.
---@param target table
---@param host table with `lanes`
---@return understudy.Lane
function M.of(target, host)
  host.lanes[target] = host.lanes[target] or new(target, host)
  return host.lanes[target]
end

local function push(lane, delivery)
  local before = lane.queued[delivery]
  if not before or before == lane.looks and delivery:has_need() then
    local line = delivery.attempts > 0 and lane.again or delivery:has_need() and lane.fresh or lane.looks
    lane.queued[delivery] = line
    if line ~= lane.looks or not lane.looked[delivery] then
      line:push(delivery)
    end
    lane.looked[delivery] = lane.looked[delivery] or line == lane.looks or nil
  end
end

local function pop(lane, line)
  local delivery
  repeat
    delivery = line:pop()
    if delivery and line == lane.looks then
      lane.looked[delivery] = nil
    end
  until not delivery or lane.queued[delivery] == line
  return delivery
end

-- Takes the delivery whose turn it is; nil when there is none that may go on.
local function take(lane)
  local retries = #lane.again > 0 and lane.retrying < math.max(1, lane.at_once // 2)
  local retry = retries and (#lane.fresh == 0 or lane.fresh_was_last)
  local delivery
  if retry then
    delivery = pop(lane, lane.again)
  elseif #lane.fresh > 0 then
    delivery = pop(lane, lane.fresh)
  else
    delivery = pop(lane, lane.looks)
  end
  lane.fresh_was_last = delivery ~= nil and not retry
  if delivery then
    lane.queued[delivery] = nil
  end
  return delivery, retry
end

local function start(lane, delivery, retry)
  lane.running, lane.retrying = lane.running + 1, lane.retrying + (retry and 1 or 0)
  local probe = lane.breaker:begin()
  lane.under_way[delivery] = true
  lane.host.spawn("deliver " .. delivery.zone.name .. " to " .. lane.target.name, function()
    local done, outcome, err = xpcall(delivery.attempt, debug.traceback, delivery)
    if not done then
      lane.host.log:error("%s the delivery to %s failed: %s", delivery.zone.name, lane.target.name, tostring(outcome))
      outcome, err = "nothing", nil
    end
    if outcome == "unreachable" then
      lane.breaker:failed(err, probe)
    else
      lane.breaker:passed(outcome == "answered", probe)
    end
    lane.account:learn(err)
    lane.running, lane.retrying = lane.running - 1, lane.retrying - (retry and 1 or 0)
    lane.under_way[delivery] = nil
    delivery:go_on()
    lane.woken:signal()
  end)
end

--- Why nobody may ask the target now, the state that this is for those who wait, and for how long if time alone ends
--- it; nil when anyone may.
---@return {state: "lagging"|"unreachable", why: string, seconds?: number}?
function Lane:blocked()
  local seconds, why = self.account:wait()
  if seconds > 0 then
    return { state = "lagging", why = why, seconds = seconds }
  end
  local wait = self.breaker:wait()
  if wait ~= 0 then
    return { state = "unreachable", why = self.breaker.error, seconds = wait }
  end
end

-- Starts what can be. Returns seconds until more can, if time alone brings that.
local function start_ready(lane)
  while lane.running < lane.at_once do
    local blocked = lane:blocked()
    if blocked then
      return blocked.seconds
    end
    local delivery, retry = take(lane)
    if not delivery then
      return nil
    end
    start(lane, delivery, retry)
  end
end

-- Runs as long as there is anything to wait for.
local function keep(lane)
  local monotonic = lane.host.clock.monotonic
  while true do
    for _, delivery in ipairs(lane.later:due(monotonic())) do
      push(lane, delivery)
    end
    local seconds, next_time = start_ready(lane), lane.later:next()
    local waiting = #lane.fresh + #lane.again + #lane.looks
    if lane.running == 0 and waiting == 0 and not next_time then
      lane.active = false
      return
    end
    local until_next = next_time and math.max(0, next_time - monotonic()) or math.huge
    local wait = math.min(waiting > 0 and seconds or math.huge, until_next)
    lane.woken:wait(wait < math.huge and wait or nil)
  end
end

--- Asks for an attempt: after so many seconds, in place of any other time, or as soon as it is its turn.
---@param delivery understudy.Delivery
---@param seconds? number
function Lane:ask(delivery, seconds)
  if seconds and seconds > 0 then
    self.later:at(delivery, self.host.clock.monotonic() + seconds)
  else
    self.later:cancel(delivery)
    push(self, delivery)
  end
  self.woken:signal()
  if not self.active then
    self.active = true
    self.host.spawn("deliver to " .. self.target.name, function()
      keep(self)
    end)
  end
end

--- Whether a delivery waits for its turn, and not for its time.
---@param delivery understudy.Delivery
---@return boolean
function Lane:is_queued(delivery)
  return self.queued[delivery] ~= nil
end

--- Seconds until the time of a delivery comes; nil if it waits for none.
---@param delivery understudy.Delivery
---@return number?
function Lane:due_in(delivery)
  local time = self.later.times[delivery]
  return time and math.max(0, time - self.host.clock.monotonic())
end

return M
