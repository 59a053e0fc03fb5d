--- provider: a target of a simulation that changes are pushed to, as to a server by dynamic update (RFC 2136) or to a
--- provider by its API.
--
-- A message is taken whole or not at all, and only where the content is still what its sender read. But a delivery
-- needs several, in any order, the SOA as one of them; and it can end after any. So half of a content can stay here,
-- under an old serial or under the newest.

local core = require "understudy.core"
local uerror = require "understudy.error"

local M = {}

local ANSWER_WITHIN <const> = 0.2 -- seconds
local LATE_MAX <const> = 9        -- seconds that a message can be under way

local Provider = {}
Provider.__index = Provider

local function no_answer()
  return uerror.fail_temporarily("timeout", "no answer")
end

-- Lets the time pass that a question or an answer needs; whether it is lost on its way.
local function is_lost(self)
  local world = self.world
  world.sleep(world.chance() * 0.05)
  return world.faults.targets_fail and world.chance() < 0.3
end

-- A zone of which nothing but the apex is known yet.
local function bare(zone)
  return assert(zone:edit(function(draft)
    for rrset in zone:rrsets {} do
      if rrset.type ~= "SOA" and rrset.type ~= "NS" then
        draft:remove(rrset.owner, rrset.type)
      end
    end
  end)):with_serial(0)
end

local function with_change(zone, change)
  return assert(zone:edit(function(draft)
    draft:remove(change.owner, change.type)
    for _, data in ipairs(change.after and change.after.records or {}) do
      draft:add(("%s %d %s %s"):format(change.owner, change.after.ttl, change.type, data))
    end
  end))
end

-- What is to be sent: the zones that lead from one to another, some changes further each. The last is the other.
local function steps_of(there, wanted, chance)
  local changes = there:diff(wanted):totable().changes
  for i = #changes, 2, -1 do
    local j = chance(i)
    changes[i], changes[j] = changes[j], changes[i]
  end
  local steps, zone = {}, there
  for i, change in ipairs(changes) do
    zone = change.type == "SOA" and zone:with_serial(wanted.serial) or with_change(zone, change)
    steps[#steps + 1] = (i == #changes or chance() < 0.5) and zone or nil
  end
  return steps
end

-- Takes a message, now or late: the provider's own work, whatever has become of who sent it.
local function take(self, before, after, publication)
  local world, origin, answer = self.world, after.origin, {}
  local faulty = world.faults.targets_fail or world.faults.pushes_are_cut
  world.time:spawn("outside", function()
    world.sleep(world.chance() * (faulty and world.chance() < 0.2 and LATE_MAX or 0.1))
    answer.taken = rawequal(self.has[origin] or before, before)
    if answer.taken then
      self.has[origin] = after
      if after.serial == publication.serial and after.hash == publication.hash then
        world.invariants:transferred(self, origin, publication)
      end
    end
  end)
  return answer
end

-- What can become of a process when it has sent a part: it dies, it is stopped, or it hears nothing for long.
local function cut(world, process)
  local what = world.chance(3)
  if what == 1 then
    world:kill(process)
    coroutine.yield(math.huge)
  end
  local seconds = 5 + world.chance() * 5
  if what == 2 then
    world.time:stop(process.key, seconds)
  end
  world.sleep(what == 2 and 0 or seconds)
end

local function send(self, before, after, publication, process)
  local world = self.world
  if is_lost(self) then
    return no_answer()
  end
  local answer = take(self, before, after, publication)
  if world.faults.pushes_are_cut and world.chance() < 0.3 then
    cut(world, process)
  end
  world.sleep(ANSWER_WITHIN)
  if answer.taken == nil or is_lost(self) then
    return no_answer()
  elseif not answer.taken then
    return uerror.fail_temporarily("changed", "it was changed by someone else meanwhile")
  end
  return true
end

-- It has too much to do, and says for how long it wants to be left alone with a zone.
local function is_busy(self, origin, process)
  local world = self.world
  if world.faults.targets_fail and world.chance() < 0.2 then
    local seconds = 1 + world.chance() * 6
    world.invariants:left_alone(self, process, origin, seconds)
    return uerror.new { code = "refused", temporary = true, message = "too many requests", retry_after = seconds }
  end
end

local function push(self, publication, process)
  local wanted = publication.zone
  if is_lost(self) then
    return no_answer()
  end
  local busy = is_busy(self, wanted.origin, process)
  if busy then
    return nil, busy
  end
  local there = self.has[wanted.origin] or bare(wanted)
  if core.serial_compare(there.serial, wanted.serial) == 1 then
    return uerror.fail_temporarily("lagging", "it has serial %d, which is newer", there.serial)
  end
  self.world.invariants:pushed(self, wanted.origin, publication)
  for _, step in ipairs(steps_of(there, wanted, self.world.chance)) do
    local ok, err = send(self, there, step, publication, process)
    if not ok then
      return nil, err
    end
    there = step
  end
  return true
end

function Provider:deliver(publication, host)
  local under_way = self.world.invariants:attempt(self, host.process, publication.zone.origin)
  local ok, err = push(self, publication, host.process)
  self.world.invariants:attempted(under_way)
  return ok, err
end

function Provider:serial(origin)
  if is_lost(self) then
    return no_answer()
  elseif not self.has[origin] then
    return uerror.fail_temporarily("refused", "REFUSED")
  end
  return self.has[origin].serial
end

function Provider:inspect(published)
  local served = not is_lost(self) and self.has[published.origin]
  if not served then
    return { verdict = "unreachable", why = "no answer", differences = {}, count = 0 }
  end
  local count = #published:diff(served):totable().changes
  return { verdict = count == 0 and "same" or "differs", serial = served.serial, count = count,
    differences = { count > 0 and ("%d RRsets"):format(count) or nil } }
end

--- It takes nothing by itself.
function Provider.poll() end

--- A provider of all zones.
---@param world table
---@param name string
---@param canary boolean
function M.target(world, name, canary)
  return setmetatable({ world = world, name = name, canary = canary, breaker = 2, pushed = true, has = {} }, Provider)
end

return M
