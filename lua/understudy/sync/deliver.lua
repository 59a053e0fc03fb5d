--- deliver: brings the newest publication of a zone to one target, and does not rest before it is there.
--
-- One delivery a (zone, target), level-triggered: each attempt works on the newest publication that the target may
-- have, and a newer one ends its waiting. Whose turn it is says the target's lane.

local canary = require "understudy.sync.canary"
local lane = require "understudy.sync.lane"
local publish = require "understudy.sync.publish"
local retry = require "understudy.sync.retry"
local uerror = require "understudy.error"
local verify = require "understudy.sync.verify"

local M = {}

local STORE_RETRY <const> = 5 -- seconds
local LEASE_RETRY <const> = 2

---@class understudy.Delivery
---@field zone table        name and publication
---@field lane understudy.Lane
---@field target table      of the lane
---@field host table        of the lane
---@field state string      "pending", "ok", "lagging" or "unreachable"
---@field since number      when the state became so
---@field served? integer   the serial that the target was last seen to serve
---@field served_since? number monotonic; since when it is known to serve that serial without a break
---@field wanted? integer   the serial that it was to serve at the newest attempt; nil if it does
---@field attempts integer  failures in a row
---@field error? string     the last one
---@field given_up? string  why the policy wants no more attempts
---@field soaked? understudy.Publication what it served rightly for the time of soak, as a canary
---@field looked? boolean   this process has seen that all was well with it, as a canary
---@field verdict? understudy.Verdict of the newest look at its content
---@field asked? integer   a person asked for an attempt and waits for what comes of it: failures of the breaker then
local Delivery = {}
Delivery.__name = "understudy.Delivery"

-- There are many, and most have come: as in understudy.sync.zone a field that has its usual value is nil, and reads as
-- it stands here. Others are those of the lane.
local OF_LANE <const> = { target = true, host = true }
local USUAL <const> = { state = "ok", attempts = 0 }

function Delivery:__index(name)
  if OF_LANE[name] then
    return self.lane[name]
  end
  return Delivery[name] or USUAL[name]
end

local function set_state(delivery, state)
  delivery.state = state ~= USUAL.state and state or nil
end

--- Makes a delivery, of which nothing is known yet.
---@param zone table
---@param target table
---@param host table
---@return understudy.Delivery
function M.new(zone, target, host)
  local of = lane.of(target, host)
  return setmetatable({ zone = zone, lane = of, state = "pending", since = host.clock.now() }, Delivery)
end

--- Takes up what the store remembers of it.
---@param row {state: string, since: number, wanted: integer, served?: integer, served_for?: number, error?: string,
---  attempts: integer}
function Delivery:recall(row)
  set_state(self, row.state)
  self.since, self.error, self.wanted = row.since, row.error, row.wanted ~= row.served and row.wanted or nil
  self.attempts, self.failing_since, self.given_up, self.soaked, self.looked = nil, nil, nil, nil, nil
  self.served = row.served
  self.served_since = row.served_for and self.host.clock.monotonic() - math.max(0, row.served_for)
  if row.state == "unreachable" then
    self.lane.breaker:recall(row.attempts, row.since, row.error)
  end
end

--- What the target is to serve; nil as long as there is nothing for it.
---@return understudy.Publication?
function Delivery:publication()
  return canary.publication(self.zone, self.target)
end

-- Only the process that has the zone delivers it.
local function may_act(delivery)
  return not delivery.ended and delivery.zone.lease and delivery.host.lease:good()
end

-- Compares what the target serves. What is seen after another process got the zone is not remembered.
local function compare(delivery, publication)
  local ok, err, found = verify.content(delivery.target, publication, delivery.host)
  delivery.verdict = delivery.zone.lease and found or nil
  return ok, err
end

-- Whether the target has the publication, by `ask`. A secondary transfers a zone whole, so its serial tells. What is
-- pushed can have come in part, under any serial: unless it is known to be whole, the content tells.
local function has(delivery, publication, ask, is_whole)
  local target = delivery.target
  local ok, err, served = ask(target, delivery.zone.name, publication, delivery.lane.outside)
  if ok and target.pushed and not is_whole then
    ok, err = compare(delivery, publication)
  end
  return ok, err, served
end

-- Tells, then looks. A target that is only looked at is told when that shows a need.
local function bring(delivery, publication, tell)
  if not tell then
    local was_whole = delivery.state == "ok" and delivery.served == publication.serial
    local ok, err, served = has(delivery, publication, verify.once, was_whole)
    if ok or verify.unreachable(err) then
      return ok, err, served
    end
  end
  if not may_act(delivery) then -- it was stopped since, perhaps
    return uerror.fail_temporarily("fenced", "this process does not have the zone at the moment")
  end
  -- An answer to NOTIFY can be lost and the transfer still happen: what counts is what is served.
  local told, problem = delivery.target:deliver(publication, delivery.lane.outside)
  if not told and retry.asked(problem) > 0 then
    return nil, problem -- it wants to be left alone
  elseif told and delivery.target.pushed then
    delivery.verdict = nil -- what was found before is mended
  end
  local ok, err, served = has(delivery, publication, verify.wait, told)
  if not ok and not told and problem and not verify.unreachable(err) then
    err = problem
  end
  return ok, err, served
end

-- The same; what a canary serves is compared too, when its time begins and when it ends.
local function try(delivery, publication, tell)
  local ok, err, served = bring(delivery, publication, tell)
  if ok and canary.is_due(delivery) then
    ok, err = compare(delivery, publication)
  end
  return ok, err, served
end

local function enter_state(delivery, state)
  if delivery.state ~= state then
    set_state(delivery, state)
    delivery.since = delivery.host.clock.now()
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
    wanted = delivery.wanted or delivery.served,
    served = delivery.served,
    served_for = delivery.served_since and host.clock.monotonic() - delivery.served_since,
    attempts = delivery.attempts,
    error = delivery.error,
    since = delivery.since,
  }))
  if not ok then
    host.log:warning("%s a delivery is not written down: %s", zone.name, err.message)
  end
  host.changed:signal()
end

local function succeeded(delivery, publication)
  local moved = delivery.served ~= publication.serial or not delivery.served_since
  if moved then
    delivery.served, delivery.served_since = publication.serial, delivery.host.clock.monotonic()
  end
  delivery.attempts, delivery.failing_since, delivery.error, delivery.given_up = nil, nil, nil, nil
  delivery.wanted = nil
  if enter_state(delivery, "ok") or moved then
    delivery.host.log:info("%s %s serves serial %d", delivery.zone.name, delivery.target.name,
      publication.serial)
    save(delivery)
  end
  if canary.is_one(delivery) then
    delivery.looked = true
    delivery.pause = canary.succeeded(delivery, publication)
    local ok = canary.consider(delivery.zone, delivery.host)
    delivery.pause = ok and delivery.pause or STORE_RETRY
    delivery.host.changed:signal()
  end
end

-- Sets the time of the next attempt, as the policy says.
local function set_pause(delivery, err)
  local host, now = delivery.host, delivery.host.clock.monotonic()
  delivery.failing_since = delivery.failing_since or now
  delivery.not_before = now + retry.asked(err)
  local context = {
    zone = delivery.zone.name, target = delivery.target.name, elapsed = now - delivery.failing_since,
  }
  local pause, reason = retry.of(delivery.target, host):next(delivery.attempts, err, context, host)
  if not pause and not delivery.given_up then
    host.log:error("%s %s: no more attempts: %s", delivery.zone.name, delivery.target.name, reason)
  end
  delivery.pause, delivery.given_up = pause, reason
end

local function failed(delivery, err, served)
  delivery.attempts = delivery.attempts + 1
  delivery.served, delivery.served_since, delivery.soaked = served or delivery.served, nil, nil
  delivery.error = err.message
  canary.failed(delivery, err, served)
  local state = verify.unreachable(err) and "unreachable" or "lagging"
  if enter_state(delivery, state) then
    delivery.host.log:warning("%s %s is %s: %s", delivery.zone.name, delivery.target.name, state, err.message)
  end
  set_pause(delivery, err)
  save(delivery)
end

-- The same, whatever the code of the target throws or returns: its bugs end this attempt and nothing else.
local function guarded(delivery, publication, tell)
  local done, ok, err, served = xpcall(try, debug.traceback, delivery, publication, tell)
  if not done then
    ok, err, served = nil, ok, nil
  end
  return ok, not ok and uerror.from(err or "it gave no reason") or nil, served
end

-- Who has the zone and only could not say so in time goes on when it can.
local function wait_for_lease(delivery)
  delivery.pause = not delivery.ended and delivery.zone.lease and LEASE_RETRY or nil
  return "nothing"
end

--- One attempt at what the target is to serve then. To be called by the lane.
---@return "answered"|"unreachable"|"nothing" outcome what it tells of the target
---@return understudy.Error? err
function Delivery:attempt()
  self.requested, self.pause = nil, nil
  if not self:publication() then
    return "nothing"
  elseif not may_act(self) then
    return wait_for_lease(self)
  end
  local paid, unpaid = self.lane.account:take(1)
  local publication = self:publication() -- that may have taken long
  if not paid or not publication then
    self.requested = not paid or nil
    self.host.changed:signal()
    return "nothing", unpaid
  elseif not may_act(self) then
    return wait_for_lease(self)
  end
  local tell = self.tell or self.attempts > 0
  self.wanted, self.tell = publication.serial, nil
  local ok, err, served = guarded(self, publication, tell)
  if not may_act(self) then
    return wait_for_lease(self)
  elseif publication ~= self:publication() then
    self.requested = true
  elseif ok then
    succeeded(self, publication)
  else
    failed(self, err, served)
  end
  if self.asked and not self.requested then
    self.asked = nil
    self.host.changed:signal()
  end
  return not ok and verify.unreachable(err) and "unreachable" or "answered", err
end

--- Goes on after an attempt. To be called by the lane.
function Delivery:go_on()
  if self.requested then
    self.lane:ask(self, self:asked_wait())
  elseif self.pause then
    self.lane:ask(self, self.pause)
  end
end

--- Seconds for which the target itself asked to be left alone.
---@return number
function Delivery:asked_wait()
  return math.max(0, (self.not_before or 0) - self.host.clock.monotonic())
end

--- Whether the target lacks something, as far as is known.
---@return boolean
function Delivery:has_need()
  local publication = self:publication()
  return self.tell or publication ~= nil and self.served ~= publication.serial
end

--- Asks for the newest publication to be delivered.
---@param tell boolean whether the target must be told, whatever failed before; else it is first looked at, unless the
---  time for the next attempt is set: one that was given up gets one
function Delivery:want(tell)
  if self.ended or not self:publication() then
    return
  elseif tell then
    self.tell, self.requested = true, true
    self.attempts, self.failing_since, self.given_up = nil, nil, nil
  end
  if not self.lane.under_way[self] and (tell or self.attempts == 0 or not self.lane:due_in(self)) then
    self.lane:ask(self, self:asked_wait())
  end
end

--- Looks at the target now, or tries again whatever failed before: a person asks, and waits for what comes of it.
function Delivery:ask()
  self.asked = self.lane.breaker.failures
  self.lane.breaker:probe_now()
  if self.state ~= "ok" then
    self:want(true)
  elseif self.lane.under_way[self] then
    self.requested = true -- what is under way tells how it was before
  else
    self.lane:ask(self, self:asked_wait())
  end
end

--- Ends it: the policy has no such target for the zone any more, or another of its name.
function Delivery:finish()
  self.ended = true
end

--- What keeps it from an attempt although it is its turn; nil if nothing does.
---@return {state: string, why: string, seconds?: number}?
function Delivery:waits()
  return self.lane:is_queued(self) and self.lane:blocked() or nil
end

--- Whether there is nothing to wait for: it is there, a first attempt at it has failed, or nobody may ask the target.
--- Where a person asked, only what came of that counts.
---@param seconds number for which one would wait
---@return boolean
function Delivery:settled(seconds)
  local publication, waits, breaker = self:publication(), self:waits(), self.lane.breaker
  if not publication or math.max(self:asked_wait(), waits and waits.seconds or 0) > seconds then
    return true
  elseif self.asked then
    return breaker.since ~= nil and breaker.failures > self.asked
  end
  return self.served == publication.serial and not canary.is_due(self)
    or self.wanted == publication.serial and self.attempts > 0 or waits ~= nil
end

return M
