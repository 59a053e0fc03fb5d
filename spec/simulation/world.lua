--- world: one history of the engine under faults, made by a seed.
--
-- Everything is the real engine but its surroundings: time, chance, source, resolver, secondaries and the
-- connection to the database, which is SQLite in memory, shared by the processes. A process can die between any two
-- of the statements that it sends there.

local chain = require "understudy.store.chain"
local chance = require "spec.simulation.chance"
local core = require "understudy.core"
local database = require "understudy.store.database"
local deletions = require "spec.simulation.deletions"
local invariants = require "spec.simulation.invariants"
local log = require "understudy.log"
local operations = require "understudy.store.operations"
local outside = require "spec.simulation.outside"
local policy = require "understudy.policy"
local provider = require "spec.simulation.provider"
local store = require "understudy.store"
local sync = require "understudy.sync"
local time = require "spec.support.time"
local uerror = require "understudy.error"

local M = {}

local START <const> = 1767225600 -- 2026-01-01
local DATABASE_NOW <const> = "database_now" -- what stands in statements for the time

local POLICY <const> = [[
return policy {
  source = source.file "unused",
  targets = { target.secondary "unused" { transfer = "127.0.0.1", notify = "127.0.0.1" } },
  zones = { "a.example", "b.example" },
  retry = backoff { first = "1s", factor = 2, max = "8s", jitter = 0.2 },
  alias = { min_ttl = "1s", max_ttl = "10s" },
  refresh = "15s",
  soak = "4s",
  verify = "45s",
  keep = %s,
  guard = { %s },
}]]

-- A clock can be set by less than what is kept; and what is used is asked for again long before that is over.
local KEPT <const> = {
  { keep = '{ publications = 1, age = "20s" }', step = 4 },
  { keep = '{ publications = 3, age = "20s" }', step = 4 },
  { keep = '{ publications = 2, age = "1d" }', step = 4000 },
  { keep = '{ publications = 100, age = "1d" }', step = 4000 },
}

local World = {}
World.__index = World

-- ---------------------------------------------------------------- the store

-- A connection that a process can die at: from that statement on nothing of it reaches the database, which undoes
-- what was not committed, as it does when a client goes.
local function mortal(world, connection)
  return {
    execute = function(_, statement)
      local process = world.caller
      if process then
        process.statements = process.statements + 1
        if process.statements == process.dies_at then
          process.dying = true
        end
        if process.dying and not statement:find "^ROLLBACK" and not statement:find "^RELEASE" then
          return nil, "killed"
        end
        if world.faults.store_fails and world.chance() < 0.02 and not statement:find "^ROLLBACK" then
          return nil, "disk full"
        end
      end
      if statement:find(DATABASE_NOW, 1, true) then
        statement = statement:gsub(DATABASE_NOW, ("%.6f"):format(START + world.time.now))
      end
      local done, err = connection:execute(statement)
      if statement == "COMMIT" and process and world.faults.answers_are_lost and world.chance() < 0.05 then
        return nil, "the connection was lost" -- when all was done
      end
      return done, err
    end,
    close = function()
      return connection:close()
    end,
  }
end

-- The driver of a database that has a clock of its own, as PostgreSQL has: leases go by that.
local function with_clock(driver)
  return setmetatable({ now = DATABASE_NOW }, { __index = driver })
end

-- What a process asks of the store: it takes a moment, and sometimes long.
local function call(world, process, name, ...)
  if world.faults.store_stalls and world.chance() < 0.3 then
    world.sleep(world.chance() * 5)
  end
  world.deletions:asks(process, name, ...)
  world.caller = process
  local value, err = operations[name](world.db, ...)
  world.caller = nil
  if world.faults.answers_are_lost and world.chance() < 0.05 then
    value, err = nil, { code = "io", message = "the connection was lost", temporary = true }
  end
  world.invariants:asked(process, name, value, ...)
  if process.dying then
    world:kill(process)
    coroutine.yield(math.huge)
  end
  if world.chance() < 0.2 then
    world.sleep(world.chance() * 0.05)
  end
  return value, err and uerror.new { code = err.code, message = err.message, temporary = err.temporary }
end

local function store_of(world, process)
  return store.over(function(name, ...)
    return call(world, process, name, ...)
  end, function() end)
end

-- ---------------------------------------------------------------- processes

--- Lets the task that runs wait.
function World:sleep_fn()
  return function(seconds)
    coroutine.yield(self.time.now + seconds)
  end
end

-- The state folder of a process: a new one, or that of one that is dead.
local function folder_of(world)
  for _, process in ipairs(world.processes) do
    local folder = process.folder
    if process.dead and folder and world.chance() < 0.5 then
      process.folder = nil
      return folder
    end
  end
  return {}
end

--- Starts a process, which works with the others.
function World:start()
  self.started = self.started + 1
  local process = {
    key = "process " .. self.started, statements = 0, folder = folder_of(self),
    -- by origin what it serves, read, told, could not write down and claimed, and when it may ask targets again
    shows = {}, reads = {}, told = {}, unwritten = {}, claimed = {}, alone = {},
  }
  self.processes[#self.processes + 1] = process
  process.clock = self.time:clock(START)
  self.time:spawn(process.key, function()
    local made, err
    repeat
      made, err = sync.new(self.policy, {
        clock = process.clock,
        spawn = function(_, fn)
          self.time:spawn(process.key, fn)
        end,
        random = self.chance,
        log = self.log,
        store = store_of(self, process),
        answers = core.answers { min_ttl = 1, max_ttl = 10, confirm = 3, retry_first = 1, retry_max = 4 },
        resolver = self.resolver,
        alone = false,
        worker_name = process.key,
        predecessor = process.folder.worker,
        announce = function(worker)
          process.folder.worker = worker
        end,
        process = process,
      })
      process.sync = made
      if made then
        made, err = made:start()
      end
      if not made then
        process.sync = nil
        self.log:error("%s does not start: %s", process.key, tostring(err))
        self.sleep(1)
      end
    until made
  end)
  return process
end

--- Kills a process; nothing of it goes on.
function World:kill(process)
  process.dead, process.sync = true, nil
  self.time:kill(process.key)
end

--- Ends a process that is told to end: it gives back what it has, so that nobody has to wait for that.
function World:finish(process)
  process.leaves = true
  self.time:spawn(process.key, function()
    if process.sync then
      process.sync:finish()
    end
    self:kill(process)
  end)
end

--- The time by the clock of the database.
---@return number
function World:now()
  return START + self.time.now
end

--- The processes that live.
function World:alive()
  local list = {}
  for _, process in ipairs(self.processes) do
    list[#list + 1] = not process.dead and process or nil
  end
  return list
end

--- Tells a process or all that a zone may have changed, and what of it.
---@param origin string
---@param event? understudy.Event
function World:event(origin, event)
  local alive = self:alive()
  local only = self.chance(3) == 1 and alive[self.chance(math.max(#alive, 1))]
  for _, process in ipairs(alive) do
    if process.sync and (not only or process == only) then
      if event then
        self.time:spawn(process.key, function()
          self.deletions:tell(process, origin, event)
        end)
      else
        process.sync:mark(origin, "event")
      end
    end
  end
end

--- Lets so many seconds pass, and looks at everything after each moment.
function World:run(seconds)
  local limit = self.time.now + seconds
  self.time:settle()
  repeat
    self.invariants:step()
  until not self.time:step(limit)
  self.time.now = limit
end

function World:close()
  self.db:close()
end

World.__close = World.close

-- A policy with the world's source and targets. Little is kept of most worlds, and much is written whole, so that much
-- is thrown away.
local function new_policy(world, confirm)
  chain.DELTAS_MAX = world.seed // 36 % 3
  local made = assert(policy.parse(POLICY:format(world.kept.keep, confirm), "policy.lua"))
  for _, zone in ipairs(made.zones) do
    zone.source, zone.targets = world.source, world.targets
  end
  return made
end

-- Two secondaries, or one and a provider that zones are pushed to; the first is a canary now and then.
local function new_targets(world)
  local pushed = world.seed // 12 % 3
  local first, second = pushed == 1 and provider or outside, pushed == 2 and provider or outside
  return { first.target(world, "ns-a", world.seed % 3 == 0), second.target(world, "ns-b", false) }
end

--- Makes a world in which nothing runs yet.
---@param seed integer
---@param kind {whole: boolean, replicated: boolean, names: boolean}
---@param confirm string the guard of the policy
---@param lines? string[] where its log goes
function M.new(seed, kind, confirm, lines)
  local world = setmetatable({
    seed = seed, chance = chance.new(seed), processes = {}, started = 0, faults = {}, lines = lines or {},
    approved = {}, -- plans
    frozen = {}, -- by origin: since when a person knows that it is
    thaws = {}, -- by origin: how often it was let go
    kept = KEPT[1 + seed // 108 % #KEPT], -- {keep=, step= seconds by which clocks are set, at most}
    origins = { "a.example.", "b.example." },
  }, World)
  world.time = time.new(world.chance)
  world.sleep = world:sleep_fn()
  world.log = log.new {
    level = "info",
    now = function()
      return START + world.time.now
    end,
    sink = function(line)
      world.lines[#world.lines + 1] = line
    end,
  }
  world.db = assert(database.open ":memory:")
  world.db.connection = mortal(world, world.db.connection)
  world.db.driver = with_clock(world.db.driver)
  world.source = outside.source(world, world.origins, kind)
  world.resolver = outside.resolver(world)
  world.targets = new_targets(world)
  world.policy = new_policy(world, confirm)
  world.invariants, world.deletions = invariants.new(world), deletions.new(world)
  return world
end

return M
