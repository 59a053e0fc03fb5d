--- simulation: a world for sync in which time passes only when everybody waits.
--
-- Tasks are coroutines; the clock jumps to the next moment at which one of them wants to go on. The
-- resolver, the source and the targets do what a test tells them; the store is SQLite in memory.

local core = require "understudy.core"
local judge = require "understudy.sync.judge"
local log = require "understudy.log"
local policy = require "understudy.policy"
local store = require "understudy.store"
local sync = require "understudy.sync"
local uerror = require "understudy.error"

local M = {}

local START <const> = 1767225600 -- 2026-01-01

-- ---------------------------------------------------------------- time and tasks

local World = {}
World.__index = World

local function resume(world, co, ...)
  local ok, wake_at = coroutine.resume(co, ...)
  if not ok then
    error(debug.traceback(co, tostring(wake_at)), 0)
  elseif coroutine.status(co) ~= "dead" then
    world.waiting[co] = wake_at
  end
end

-- Ends the wait of a task; what it gets is what its wait returns.
local function wake(world, co, value)
  world.waiting[co] = nil
  world.ready[#world.ready + 1] = { co, value }
end

local function condition(world)
  local waiters = {}
  return {
    wait = function(_, seconds)
      local co = coroutine.running()
      waiters[co] = true
      local woken = coroutine.yield(world.time + (seconds or math.huge))
      waiters[co] = nil
      return woken
    end,
    signal = function()
      for co in pairs(waiters) do
        waiters[co] = nil
        wake(world, co, true)
      end
    end,
  }
end

local function run_ready(world)
  while #world.ready > 0 do
    local ready = world.ready
    world.ready = {}
    for _, entry in ipairs(ready) do
      resume(world, entry[1], entry[2])
    end
  end
end

-- Goes to the next moment at which a task goes on; false if that is after `limit`.
local function step(world, limit)
  local next_time = math.huge
  for _, wake_at in pairs(world.waiting) do
    next_time = math.min(next_time, wake_at)
  end
  if next_time > limit then
    return false
  end
  world.time = math.max(world.time, next_time)
  for co, wake_at in pairs(world.waiting) do
    if wake_at <= world.time then
      wake(world, co, false)
    end
  end
  run_ready(world)
  return true
end

--- Lets so many seconds pass.
function World:run(seconds)
  local limit = self.time + seconds
  run_ready(self)
  while step(self, limit) do end -- luacheck: ignore 542
  self.time = limit
end

--- Lets time pass until the test's condition holds; an error if that is not within a day.
function World:run_until(holds)
  local limit = self.time + 86400
  run_ready(self)
  while not holds() do
    assert(step(self, limit), "it did not come to pass within a day")
  end
end

-- ---------------------------------------------------------------- resolver, source, target

-- Answers from `resolver.names["host. A"]`: {ttl=, addresses={…}} or the name of an outcome.
local function new_resolver()
  local resolver = { names = {}, asked = {} }
  function resolver:lookup_all(pairs_to_ask)
    local lookups = {}
    for i, pair in ipairs(pairs_to_ask) do
      local key = pair[1] .. " " .. pair[2]
      local found = self.names[key] or "nodata"
      self.asked[#self.asked + 1] = key
      local known = type(found) == "table"
      lookups[i] = {
        target = pair[1],
        type = pair[2],
        outcome = known and "addresses" or found,
        ttl = known and found.ttl or 0,
        addresses = known and found.addresses or {},
        chain = {},
        error = found == "failure" and "SERVFAIL" or "",
      }
    end
    return lookups
  end
  return resolver
end

-- Gives `source.text[zone]`, or fails with `source.failure`.
local function new_source()
  local source = { text = {}, pulls = 0 }
  function source:pull(zone_name)
    self.pulls = self.pulls + 1
    if self.failure then
      return uerror.fail_temporarily("io", "%s", self.failure)
    end
    local zone, err = core.parse { text = self.text[zone_name], name = "source", origin = zone_name }
    if not zone then
      return nil, err
    end
    return { zone = zone, version = ("%s/%d"):format(zone.hash, zone.serial or 0) }
  end
  function source:watch(_, on_event)
    self.event = on_event
  end
  return source
end

--- A target that takes what it is told of at once, unless it is `down` or `deaf`.
function M.target(name)
  local target = { name = name, told = {}, serials = {}, attempts_at = {} }
  function target:deliver(publication, host)
    self.attempts_at[#self.attempts_at + 1] = host.clock.monotonic()
    if self.down then
      return uerror.fail_temporarily("timeout", "no answer")
    end
    self.told[#self.told + 1] = publication.serial
    if not self.deaf then
      self.serials[publication.zone.origin] = publication.serial
    end
    return true
  end
  function target:serial(zone_name)
    if self.down then
      return uerror.fail_temporarily("timeout", "no answer")
    elseif not self.serials[zone_name] then
      return uerror.fail_temporarily("refused", "SERVFAIL")
    end
    return self.serials[zone_name]
  end
  return target
end

-- ---------------------------------------------------------------- the world

--- A zone file for the tests: SOA, name servers and what is given.
---@param serial integer
---@param records string
---@return string
function M.zone_text(serial, records)
  return ([[
$TTL 3600
@ SOA ns1.servers.info. hostmaster.example.net. %d 14400 3600 1209600 300
@ NS ns1.servers.info.
@ NS ns2.servers.info.
%s
]]):format(serial, records)
end

-- A policy with all defaults; source and targets are the test's.
local function new_policy(settings, source, targets)
  local made = assert(policy.parse(([[
return policy {
  source = source.file "unused",
  targets = { target.secondary "unused" { transfer = "127.0.0.1", notify = "127.0.0.1" } },
  zones = { %s },
  retry = backoff { first = "1s", factor = 2, max = "5m", jitter = 0 },
  %s
}]]):format('"' .. table.concat(settings.zones or { "example.com" }, '", "') .. '"',
    settings.policy or ""), "policy.lua"))
  for _, zone in ipairs(made.zones) do
    zone.source, zone.targets = source, targets
  end
  return made
end

--- Makes a world.
---@param settings? {zones?: string[], policy?: string, targets?: table[]}
function M.new(settings)
  settings = settings or {}
  local world = setmetatable({ time = 0, waiting = {}, ready = {}, lines = {} }, World)
  world.clock = {
    now = function()
      return START + world.time
    end,
    monotonic = function()
      return world.time
    end,
    sleep = function(seconds)
      coroutine.yield(world.time + seconds)
    end,
    condition = function()
      return condition(world)
    end,
  }
  world.log = log.new {
    level = "info",
    now = world.clock.now,
    sink = function(line)
      world.lines[#world.lines + 1] = line
    end,
  }
  world.store = assert(store.direct ":memory:")
  world.resolver = new_resolver()
  world.source = new_source()
  world.targets = settings.targets or { M.target "ns-b" }
  world.policy = new_policy(settings, world.source, world.targets)
  return world
end

--- Starts sync in the world: for the first time, or again after a crash that left only the store.
function World:start()
  self.waiting, self.ready = {}, {}
  self.sync = assert(sync.new(self.policy, {
    clock = self.clock,
    spawn = function(_, fn)
      self.ready[#self.ready + 1] = { coroutine.create(fn) }
    end,
    random = function()
      return 0.5
    end,
    log = self.log,
    store = self.store,
    answers = judge.answers(self.policy),
    resolver = self.resolver,
  }))
  self.sync:start()
  return self.sync
end

--- Gives the source another text and tells of it.
function World:edit(text, zone_name)
  zone_name = zone_name or "example.com."
  self.source.text[zone_name] = text
  if self.source.event then
    self.source.event(zone_name)
  end
end

--- The status of the zone.
function World:status(zone_name)
  return self.sync:zone_status(zone_name or "example.com.")
end

--- Lines of the log that hold a text.
function World:logged(text)
  local found = {}
  for _, line in ipairs(self.lines) do
    if line:find(text, 1, true) then
      found[#found + 1] = line
    end
  end
  return found
end

return M
