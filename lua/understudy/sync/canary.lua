--- canary: lets the other targets of a zone have a publication once its canaries served it rightly for long enough.
--
-- A zone has the newest publication, for its canaries, and the one that is released, for all. They are the same without
-- canaries, or without other targets. Addresses that move behind an ALIAS are no step of anyone's: where all targets
-- have what was published last, such a publication is released at once.
--
-- A zone can be edited more often than canaries have to serve it. So one publication is the candidate: it was served
-- rightly by all canaries, and if none that came after it was released within twice the time, and they served all of
-- these without a fault, it is. Then the newest that they serve is the next. Twice, for what comes soon after it may
-- mend it.

local core = require "understudy.core"
local plan = require "understudy.sync.plan"
local publish = require "understudy.sync.publish"
local sync_zone = require "understudy.sync.zone"
local units = require "understudy.units"

local M = {}

local LOOKS <const> = 10 -- at the serial of a canary, in its time
local LEFT_BEHIND <const> = 2 -- times the time of soak, for what canaries have left behind
local UNKNOWN <const> = -1 -- no serial: it has to be written down again

-- What answers alone can change; the rest follows from it.
local ANSWERED <const> = { A = true, AAAA = true, CNAME = true, SOA = true, ZONEMD = true }

M.is_staged = sync_zone.is_staged

--- Whether a delivery is one to a canary that others wait for.
---@param delivery understudy.Delivery
---@return boolean
function M.is_one(delivery)
  return delivery.target.canary and M.is_staged(delivery.zone) or false
end

--- The publication that a target may have; nil if there is none yet.
---@param zone understudy.SyncZone
---@param target {canary?: boolean}
---@return understudy.Publication?
function M.publication(zone, target)
  return (target.canary or not M.is_staged(zone)) and zone.publication or zone.released
end

-- Whether nothing but addresses moved since the last publication.
local function only_answers(last, publication)
  if publication.step ~= "answers" then
    return false
  end
  for _, change in ipairs(last.zone:diff(publication.zone):totable().changes) do
    if not ANSWERED[change.type] then
      return false
    end
  end
  return true
end

--- Whether a publication that is about to be made is for all targets at once.
---@param zone understudy.SyncZone
---@param publication understudy.Publication
---@return boolean
function M.passes(zone, publication)
  local last = zone.publication
  return not M.is_staged(zone) or last ~= nil and zone.released == last and only_answers(last, publication)
end

local function soak_left(delivery)
  local host = delivery.host
  return (delivery.served_since or math.huge) + host.policy.soak - host.clock.monotonic()
end

--- Whether a delivery is to a canary whose content has to be looked at, as its time begins or is over.
---@param delivery understudy.Delivery
---@return boolean
function M.is_due(delivery)
  local publication = delivery.zone.publication
  return M.is_one(delivery) and delivery.zone.released ~= publication and delivery.soaked ~= publication
    and (delivery.served ~= publication.serial or soak_left(delivery) <= 0 or not delivery.served_since)
end

--- A canary serves a publication, and what was looked at of its content is right. Returns the seconds after which it is
--- to be looked at again, if others wait for that.
---@param delivery understudy.Delivery
---@param publication understudy.Publication there may be a newer one meanwhile, of which this says nothing
---@return number?
function M.succeeded(delivery, publication)
  if delivery.zone.released == publication then
    return nil
  end
  local left = soak_left(delivery)
  if left > 0 then
    return math.min(left, math.max(1, delivery.host.policy.soak / LOOKS))
  end
  delivery.soaked = publication
end

local function is_soaked(zone)
  for _, delivery in ipairs(zone.deliveries) do
    if delivery.target.canary and delivery.soaked ~= zone.publication then
      return false
    end
  end
  return true
end

--- The hash by which a person can let all targets have what only canaries have.
---@param zone understudy.SyncZone
---@return string? nil: they have it
function M.plan(zone)
  if zone.publication and M.is_staged(zone) and zone.released ~= zone.publication then
    return plan.hash(zone.released and zone.released.zone, zone.publication.zone)
  end
end

-- Whether all canaries of a zone serve the newest publication, and what was looked at of its content is right.
local function is_served(zone)
  for _, delivery in ipairs(zone.deliveries) do
    local is_right = delivery.attempts == 0 and delivery.served == zone.publication.serial and delivery.served_since
    if delivery.target.canary and not is_right then
      return false
    end
  end
  return true
end

--- Takes up what the store remembers of the candidate, if it has been served without a fault since, as far as is known.
--- Its canaries are to be looked at before it is released.
---@param zone understudy.SyncZone with its deliveries
---@param row? {candidate?: integer, candidate_for?: number}
---@param host table
function M.recall(zone, row, host)
  local serial = row and row.candidate
  zone.candidate, zone.candidate_written = nil, serial
  if not serial or not M.plan(zone) or zone.released and core.serial_compare(serial, zone.released.serial) ~= 1 then
    return
  end
  for _, delivery in ipairs(zone.deliveries) do
    local serves = delivery.served_since and core.serial_compare(delivery.served, serial) ~= -1
    if delivery.target.canary and not serves then
      return
    end
  end
  zone.candidate = { serial = serial, since = host.clock.monotonic() - math.max(0, row.candidate_for) }
end

-- Writes down which publication is the candidate. What fails is tried again with the next look at a canary.
local function keep_candidate(zone, host)
  local candidate = zone.candidate
  local serial = candidate and candidate.serial
  if serial == zone.candidate_written then
    return
  end
  local ok, err = host.store:save_candidate(publish.leased(zone, host.clock.now(), {
    serial = serial, seconds = candidate and host.clock.monotonic() - candidate.since,
  }))
  zone.candidate_written = serial
  if not ok then
    zone.candidate_written = UNKNOWN
    host.log:warning("%s how long its canaries have served is not written down: %s", zone.name, err.message)
  end
end

local function candidate_left(zone, host)
  return zone.candidate.since + LEFT_BEHIND * host.policy.soak - host.clock.monotonic()
end

--- The serial of the candidate, if canaries serve what came after it and its time is over.
---@param zone understudy.SyncZone
---@param host table
---@return integer?
function M.left_behind(zone, host)
  local candidate = zone.candidate
  if not candidate or candidate.serial == zone.publication.serial or candidate_left(zone, host) > 0 then
    return nil
  end
  for _, delivery in ipairs(zone.deliveries) do
    if delivery.target.canary and not delivery.looked then
      return nil
    end
  end
  return candidate.serial
end

--- A canary did not do well: what it may have broken is no candidate any more. One that has not yet taken up what is
--- newer serves the candidate still.
---@param delivery understudy.Delivery
---@param err understudy.Error
---@param served? integer
function M.failed(delivery, err, served)
  local zone = delivery.zone
  local candidate = M.is_one(delivery) and zone.candidate
  local serves = candidate and err.code == "lagging" and served
    and core.serial_compare(served, candidate.serial) ~= -1
  if candidate and not serves then
    zone.candidate = nil
  end
end

-- Lets all targets have a publication.
local function release(zone, publication, why, host)
  local row, candidate = publish.leased(zone, host.clock.now(), { serial = publication.serial }), zone.candidate
  zone.candidate = nil -- so that nobody releases what is older meanwhile
  local ok, err = host.store:release_publication(row)
  zone.candidate_written = not ok and UNKNOWN or nil
  if not ok then
    zone.candidate = candidate
    host.log:warning("%s that all targets may have serial %d is not written down: %s", zone.name,
      publication.serial, err.message)
    return nil, err
  end
  sync_zone.set_released(zone, publication)
  host.log:info("%s all targets may have serial %d: %s", zone.name, publication.serial, why)
  for _, delivery in ipairs(zone.deliveries) do
    if not delivery.target.canary then
      delivery:want(true)
    end
  end
  host.changed:signal()
  return true
end

-- Lets all targets have the candidate, whose time is over.
local function release_candidate(zone, host)
  local candidate = zone.candidate
  local publication, err = publish.kept(zone.name, candidate.serial, host)
  if zone.candidate ~= candidate then
    return true -- meanwhile it has become another, or none
  elseif not publication then
    zone.candidate = publication == nil and candidate or nil
    return publication == false, err
  end
  return release(zone, publication, "its canaries served it, and what came after it", host)
end

--- Lets all targets have the newest publication for which the canaries did well, or the newest of all if a person says
--- so. To be called when that may have become so.
---@param zone understudy.SyncZone
---@param host table
---@return boolean? ok
---@return understudy.Error? err when it may not be believed yet, as the store failed
function M.consider(zone, host)
  local hash = zone.lease and M.plan(zone)
  if not hash then
    return true
  elseif zone.waiver and zone.waiver.plan == hash then
    return release(zone, zone.publication, "approved by " .. zone.waiver.who, host)
  elseif is_soaked(zone) then
    return release(zone, zone.publication, "its canaries serve it", host)
  end
  local ok, err = true, nil
  if M.left_behind(zone, host) then
    ok, err = release_candidate(zone, host)
  end
  if ok and not zone.candidate and is_served(zone) then
    zone.candidate = { serial = zone.publication.serial, since = host.clock.monotonic() }
  end
  keep_candidate(zone, host)
  return ok, err
end

-- How a canary stands: what is wrong with it, or the seconds for which it still has to serve.
local function progress(delivery, publication)
  local waits = delivery:waits()
  if delivery.attempts > 0 or delivery.given_up or waits then
    return delivery.error or waits and waits.why or delivery.given_up
  elseif delivery.served ~= publication.serial or not delivery.served_since then
    return nil, delivery.host.policy.soak
  end
  return nil, math.max(0, soak_left(delivery))
end

--- Why the other targets do not have the newest publication; nil if they may.
---@param zone understudy.SyncZone
---@return {failed: boolean, why: string, plan: string, since: number, seconds?: number}?
function M.hold(zone)
  local hash, publication = M.plan(zone), zone.publication
  if not hash then
    return nil
  end
  local others = zone.released and ("the other targets keep serial %d"):format(zone.released.serial)
    or "the other targets have nothing yet"
  local hold = { failed = false, plan = hash, since = publication.at, seconds = 0 }
  for _, delivery in ipairs(zone.deliveries) do
    if delivery.target.canary then
      local problem, seconds = progress(delivery, publication)
      if problem then
        hold.failed, hold.seconds = true, nil
        hold.why = ("canary %s: %s; %s"):format(delivery.target.name, problem, others)
        return hold
      end
      hold.seconds = math.max(hold.seconds, seconds)
    end
  end
  hold.why = ("canaries get serial %d first; %s for %s at least"):format(publication.serial, others,
    units.span(hold.seconds))
  local candidate = zone.candidate
  if candidate and candidate.serial ~= publication.serial then
    local left = math.max(0, candidate_left(zone, zone.deliveries[1].host))
    hold.why = ("%s, and get serial %d in %s if no newer one"):format(hold.why, candidate.serial,
      units.span(left))
  end
  return hold
end

return M
