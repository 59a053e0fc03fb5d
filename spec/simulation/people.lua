--- people: what people order about zones in a history, at whichever process they ask.

local M = {}

-- Gives an order after which a zone is held, unless somebody let it go again before that was confirmed.
local function hold(history, origin, order)
  local thaws = history.thaws[origin]
  if order() and history.thaws[origin] == thaws then
    history.frozen[origin] = history.time.now
  end
end

-- No freeze that was ordered before counts any more.
local function let_go(history, origin)
  history.frozen[origin], history.thaws[origin] = nil, (history.thaws[origin] or 0) + 1
end

-- The same for a time, in place of any freeze before.
local function hold_for(history, sync, origin, seconds)
  let_go(history, origin)
  sync:freeze(origin, { reason = "a test", who = "ann", seconds = seconds })
  let_go(history, origin)
end

--- The orders, each a function of the history, the sync of a process and a zone. What was confirmed to a person is
--- remembered in the history; what an order may do counts from the moment when it is given.
M.ORDERS = {
  function(history, sync, origin) -- lets pass what is held
    local status = sync:zone_status(origin)
    local plan = status.plan
    if status.state == "held" then
      history.approved[plan] = true
      sync:approve(origin, plan, "ann")
    end
  end,
  function(history, sync, origin)
    hold(history, origin, function()
      return sync:freeze(origin, { reason = "a test", who = "ann" })
    end)
  end,
  function(history, sync, origin)
    let_go(history, origin)
    sync:thaw(origin, "ann")
    let_go(history, origin)
  end,
  function(history, sync, origin)
    local kept = sync:history(origin)
    local publication = kept and kept.publications[history.chance(math.max(#kept.publications, 1))]
    hold(history, origin, function()
      return publication and sync:rollback(origin, { serial = publication.serial, who = "ann" })
    end)
  end,
  function(history, sync, origin) -- holds it for a time, where clocks are near enough to one another for that
    if history.kept.step < 10 then
      hold_for(history, sync, origin, 2 + history.chance() * 10)
    end
  end,
  function(history, sync, origin) -- accepts a finding for a time
    local list = sync:zone_status(origin).findings.list
    local finding = list[history.chance(math.max(#list, 1))]
    local _ = finding and sync:acknowledge(origin, {
      fingerprint = finding.fingerprint, who = "ann", reason = "a test",
      ["until"] = sync.host.clock.now() + 2 + history.chance() * 15,
    })
  end,
}

--- Gives an order.
---@param history table
---@param order function one of ORDERS
---@param origin string
function M.give(history, order, origin)
  local processes = {}
  for _, process in ipairs(history:alive()) do
    processes[#processes + 1] = process.sync and process or nil
  end
  if #processes > 0 then
    local process = processes[history.chance(#processes)]
    history.time:spawn(process.key, function()
      order(history, process.sync, origin)
    end)
  end
end

-- As long an order can be on its way, given to a process that was stopped.
local LATE <const> = 20

-- The zones that a person holds until somebody lets them go, as far as that is written down or known to a person.
local function held(history)
  local list, frozen = {}, {}
  for _, row in ipairs(history.db:rows "SELECT zone FROM freezes WHERE until IS NULL") do
    frozen[row.zone] = true
  end
  for _, origin in ipairs(history.origins) do
    list[#list + 1] = (frozen[origin] or history.frozen[origin]) and origin or nil
  end
  return list
end

--- Lets all zones go that somebody holds, and does not rest before they are. Who is not held hears nothing: an event
--- too many could mend what has to mend itself.
---@param history table
function M.thaw_all(history)
  history.time:spawn("outside", function()
    local late = history.time.now + LATE
    repeat
      local list = held(history)
      for _, origin in ipairs(list) do
        M.give(history, M.ORDERS[3], origin)
      end
      history.sleep(1)
    until history.time.now >= late and #list == 0
  end)
end

return M
