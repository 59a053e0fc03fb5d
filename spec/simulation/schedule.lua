--- schedule: what happens in a history, and when, by its seed.

local outside = require "spec.simulation.outside"
local people = require "spec.simulation.people"
local retention = require "understudy.sync.retention"
local world = require "spec.simulation.world"

local M = {}

local TROUBLE <const> = 40  -- seconds in which things go wrong
local PEACE <const> = 52    -- seconds after which everything must be well
local WINDOW_MAX <const> = 10
-- More than a window, so that what a source only says in one is never believed.
local CONFIRM <const> = 12

local CONFIRMED <const> = ('confirm = "%ds"'):format(CONFIRM)
local KINDS <const> = {
  { whole = true, replicated = false, names = false, guard = "" },
  { whole = false, replicated = true, names = false, guard = CONFIRMED },
  { whole = true, replicated = false, names = true, guard = "" },
  { whole = false, replicated = true, names = true, guard = CONFIRMED },
}

local function add(actions, at, run)
  actions[#actions + 1] = { at = at, number = #actions, run = run }
end

-- A fault that is there for a while.
local function add_window(actions, history, name)
  local chance = history.chance
  local from = chance() * TROUBLE
  local length = math.min(chance() * WINDOW_MAX, TROUBLE - from)
  add(actions, from, function()
    history.faults[name] = true
  end)
  add(actions, from + length, function()
    history.faults[name] = nil
  end)
end

local function add_edits(actions, history)
  local chance = history.chance
  for _ = 1, chance(6) do
    local origin, at, event = history.origins[chance(#history.origins)], chance() * TROUBLE, nil
    add(actions, at, function()
      event = history.source:edit(origin)
    end)
    -- Events are lost, late, doubled; and not all of them name something.
    for _ = 1, chance(3) - 1 do
      local names = chance() < 0.7
      add(actions, at + chance() * (chance() < 0.5 and 0.1 or 8), function()
        history:event(origin, names and event or nil)
      end)
    end
  end
  for _ = 1, chance(3) - 1 do
    local host = outside.HOSTS[chance(#outside.HOSTS)] .. "-" .. history.origins[chance(#history.origins)]
    add(actions, chance() * TROUBLE, function()
      history.resolver:move(host)
    end)
  end
end

-- Does something to a process that lives at that moment.
local function add_blow(actions, history, blow)
  local chance = history.chance
  add(actions, chance() * TROUBLE, function()
    local alive = history:alive()
    if #alive > 0 then
      blow(alive[chance(#alive)])
    end
  end)
end

local function add_blows(actions, history)
  local chance = history.chance
  for _ = 1, chance(4) - 1 do
    local after = chance(40)
    local finishes = chance() < 0.2
    add_blow(actions, history, function(process)
      if finishes then
        history:finish(process)
      else
        process.dies_at = process.statements + after
      end
    end)
    if chance() < 0.8 then
      add(actions, chance() * TROUBLE, function()
        if #history:alive() < 2 then
          history:start()
        end
      end)
    end
  end
  for _ = 1, chance(3) - 1 do
    add_blow(actions, history, function(process)
      history.time:stop(process.key, 1 + chance() * 12)
    end)
  end
  for _ = 1, chance(3) - 1 do
    local seconds = (chance() - 0.5) * history.kept.step
    add_blow(actions, history, function(process)
      process.clock:step(seconds)
    end)
  end
end

-- A process throws away what is old.
local function collect(history, process)
  local sync = process.sync
  history.time:spawn(process.key, function()
    local _ = sync and retention.collect(sync.zones, sync.host)
  end)
end

-- Processes throw away what is old. Some are stopped meanwhile, for longer than they are taken to be alive.
local function add_collections(actions, history)
  local chance = history.chance
  for _ = 1, chance(5) - 1 do
    local stopped = chance() < 0.4 and 6 + chance() * 6
    add_blow(actions, history, function(process)
      collect(history, process)
      if stopped then
        history.time:stop(process.key, stopped)
      end
    end)
  end
end

-- Secondaries look by themselves, when nobody told them to.
local function add_polls(actions, history)
  local chance = history.chance
  for _ = 1, chance(6) - 1 do
    local target, origin = history.targets[chance(#history.targets)], history.origins[chance(#history.origins)]
    add(actions, chance() * TROUBLE, function()
      local alive = history:alive()
      if #alive > 0 then
        target:poll(origin, alive[chance(#alive)])
      end
    end)
  end
end

local function add_orders(actions, history)
  local chance = history.chance
  for _ = 1, chance(4) - 1 do
    local order, origin = people.ORDERS[chance(#people.ORDERS)], history.origins[chance(#history.origins)]
    add(actions, chance() * TROUBLE, function()
      people.give(history, order, origin)
    end)
  end
end

local function new_actions(history, kind)
  local actions, chance = {}, history.chance
  local faults = { "source_fails", "resolver_fails", "transfers_break", "targets_fail", "store_fails", "store_stalls",
    "answers_are_lost", "pulls_are_interrupted", "pushes_are_cut" }
  for _, name in ipairs(faults) do
    if chance() < 0.4 then
      add_window(actions, history, name)
    end
  end
  -- Once a history, or two windows could agree.
  if not kind.whole then
    add_window(actions, history, "source_is_" .. (chance() < 0.5 and "stale" or "torn"))
  end
  add_edits(actions, history)
  add_blows(actions, history)
  add_collections(actions, history)
  add_polls(actions, history)
  add_orders(actions, history)
  table.sort(actions, function(a, b)
    return a.at < b.at or a.at == b.at and a.number < b.number
  end)
  return actions
end

local function make_peace(history)
  for name in pairs(history.faults) do
    history.faults[name] = nil
  end
  for _, process in ipairs(history.processes) do
    process.dies_at = nil
  end
  local stays = false
  for _, process in ipairs(history:alive()) do
    stays = stays or not process.leaves
  end
  if not stays then
    history:start()
  end
  people.thaw_all(history)
end

--- Runs one history. Throws what failed: {invariant=, message=}, or an error of the engine.
---@param seed integer
---@param lines? string[] where its log goes
---@return table history as it ended
function M.run(seed, lines)
  local kind = KINDS[1 + seed % #KINDS]
  local history <close> = world.new(seed, kind, kind.guard, lines)
  for _ = 1, history.chance(2) do
    history:start()
  end
  for _, action in ipairs(new_actions(history, kind)) do
    history:run(math.max(0, action.at - history.time.now))
    action.run()
  end
  history:run(math.max(0, TROUBLE - history.time.now))
  make_peace(history)
  history:run(PEACE // 2)
  for _, process in ipairs(history:alive()) do
    collect(history, process)
  end
  history:run(PEACE // 2)
  history.invariants:finish()
  return history
end

return M
