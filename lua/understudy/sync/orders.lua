--- orders: what people say and order about a zone: changed, freeze, thaw, approve, acknowledge, roll back.
--
-- An order is written down together with an event for the process that has the zone, so that it is heard of even when
-- this process dies, or did not yet hear that another has the zone.

local acknowledge = require "understudy.sync.acknowledge"
local canary = require "understudy.sync.canary"
local events = require "understudy.sync.events"
local freeze = require "understudy.sync.freeze"
local names = require "understudy.sync.names"
local restore = require "understudy.sync.restore"
local shell = require "understudy.shell"
local uerror = require "understudy.error"

---@class understudy.Sync
local Orders = {}

-- The event of an order.
local function event_of(self, zone, cause)
  return { zone = zone.name, cause = cause, at = self.host.clock.now() }
end

-- Begins what an order leads to at once, if this process has the zone.
local function begin(self, zone, cause)
  return zone.lease and self:mark(zone.name, cause) or zone.handled
end

--- Says that a zone may have changed, and what of it. Once this returns what was deleted is not forgotten.
---@param zone_name string
---@param cause string
---@param given {owner: string, type?: string, gone?: boolean}[] all that changed; none if anything may have
---@return integer? ticket for `settle`
---@return understudy.Error? err
function Orders:tell(zone_name, cause, given)
  local named, err = names.read(given, zone_name)
  if not named then
    return nil, err
  end
  return events.tell(self, zone_name, cause, named)
end

--- Does all that is to be done for a zone now, also what was given up.
---@param zone_name string
---@param given? {owner: string, type?: string, gone?: boolean}[] all that changed in its source; else anything may have
---@return integer? ticket for `settle`
---@return understudy.Error? err
function Orders:ask(zone_name, given)
  local zone = self.zones[zone_name]
  local named, err = names.read(given or {}, zone_name)
  if not named then
    return nil, err
  end
  for _, delivery in ipairs(zone.deliveries) do
    delivery:ask()
  end
  return events.tell(self, zone_name, "asked for", named)
end

-- Reads what others said of a zone that another process has.
local function learn(self, zone)
  return zone.lease or restore.marks({ zone }, self.host)
end

--- Holds a zone as it is published.
---@param zone_name string
---@param wish {reason: string, who: string, seconds?: number}
---@return integer? ticket for `settle`
---@return understudy.Error? err
function Orders:freeze(zone_name, wish)
  local zone = self.zones[zone_name]
  local cause = "frozen by " .. wish.who
  local ok, err = freeze.freeze(zone, wish, self.host, event_of(self, zone, cause))
  if not ok then
    return nil, err
  end
  return begin(self, zone, cause)
end

--- Lets a frozen zone go on.
---@param zone_name string
---@param who string
---@return integer? ticket for `settle`
---@return understudy.Error? err
function Orders:thaw(zone_name, who)
  local zone = self.zones[zone_name]
  local cause = "thawed by " .. who
  local ended, err = freeze.thaw(zone, self.host, event_of(self, zone, cause))
  if ended == nil then
    return nil, err
  elseif not ended then
    return uerror.fail("refused", "%s is not frozen", zone_name)
  end
  return begin(self, zone, cause)
end

--- Lets the plan pass that is held, if it is the one that the person means.
---@param zone_name string
---@param plan string its hash
---@param who string
---@return integer? ticket for `settle`
---@return understudy.Error? err
function Orders:approve(zone_name, plan, who)
  local zone = self.zones[zone_name]
  local known, problem = learn(self, zone)
  if not known then
    return nil, problem
  end
  local held = zone.verdict and zone.verdict.plan or canary.plan(zone)
  if held ~= plan and canary.plan(zone) ~= plan then
    return uerror.fail("refused", held and "the plan that is held for %s is %s: look at it with 'understudy plan %s'"
      or "no plan is held for %s", zone_name, held, shell.word(zone_name))
  end
  local waiver = { zone = zone_name, plan = plan, who = who, at = self.host.clock.now() }
  local cause = "approved by " .. who
  local ok, err = self.host.store:waive(waiver, event_of(self, zone, cause))
  if not ok then
    return nil, err
  end
  zone.waiver = waiver
  return begin(self, zone, cause)
end

-- Lets the zone be judged if it was not yet, so that its findings are known.
local function await_findings(self, zone)
  local ticket = zone.handled == 0 and self:mark(zone.name, "asked for") or 0
  while zone.lease and zone.handled < ticket do
    self.host.changed:wait(1)
  end
end

--- Accepts a finding about a zone until a time.
---@param zone_name string
---@param wish {fingerprint: string, who: string, reason: string, until: number}
---@return integer? ticket for `settle`
---@return understudy.Error? err
function Orders:acknowledge(zone_name, wish)
  local zone = self.zones[zone_name]
  if not zone.lease then
    return uerror.fail("busy", "another process has %s at the moment: ask that one", zone_name)
  end
  await_findings(self, zone)
  local cause = "acknowledged by " .. wish.who
  local ok, err = acknowledge.accept(zone, wish, self.host, event_of(self, zone, cause))
  if not ok then
    return nil, err
  end
  return begin(self, zone, cause)
end

--- Takes back that a finding is accepted.
---@param zone_name string
---@param wish {fingerprint: string, who: string}
---@return integer? ticket for `settle`
---@return understudy.Error? err
function Orders:withdraw(zone_name, wish)
  local zone = self.zones[zone_name]
  local known, problem = learn(self, zone)
  if not known then
    return nil, problem
  end
  local cause = "acknowledgement withdrawn by " .. wish.who
  local ok, err = acknowledge.withdraw(zone, wish, self.host, event_of(self, zone, cause))
  if not ok then
    return nil, err
  end
  return begin(self, zone, cause)
end

--- Publishes the content of an earlier serial again under a new one, and freezes the zone. Waits until it is done.
---@param zone_name string
---@param order {serial: integer, who: string, reason?: string, seconds?: number}
---@return integer? serial the new one
---@return understudy.Error? err
function Orders:rollback(zone_name, order)
  local zone = self.zones[zone_name]
  if not zone.lease then
    return uerror.fail("busy", "another process has %s at the moment: ask that one", zone_name)
  elseif zone.order then
    return uerror.fail("busy", "%s is being rolled back", zone_name)
  end
  zone.order = order
  self:mark(zone_name, "rolled back by " .. order.who)
  while not order.done do
    self.host.changed:wait(1)
    if not order.done and (not zone.lease or zone.order ~= order and not self.host.at_work[zone]) then
      zone.order = zone.order ~= order and zone.order or nil
      return uerror.fail("busy", "%s went to another process before it was rolled back: ask that one", zone_name)
    end
  end
  return order.result, order.problem
end

return Orders
