--- simulation: a world for sync in which time passes only when everybody waits.
--
-- The resolver, the source and the targets do what a test tells them; the store is SQLite in memory.

local core = require "understudy.core"
local judge = require "understudy.sync.judge"
local log = require "understudy.log"
local policy = require "understudy.policy"
local policy_reload = require "understudy.policy.reload"
local store = require "understudy.store"
local sync = require "understudy.sync"
local time = require "spec.support.time"
local uerror = require "understudy.error"

local M = {}

local START <const> = 1767225600 -- 2026-01-01

local World = {}
World.__index = World

--- Lets so many seconds pass.
function World:run(seconds)
  self.tasks:run(seconds)
end

--- Lets time pass until the test's condition holds; an error if that is not within a day.
function World:run_until(holds)
  local limit = self.tasks.now + 86400
  self.tasks:settle()
  while not holds() do
    assert(self.tasks:step(limit), "it did not come to pass within a day")
  end
end

--- Starts a task beside those of sync.
function World:spawn(fn)
  self.tasks:spawn("test", fn)
end

--- Runs something that waits as a task of the world, and gives back what it returned.
function World:await(fn)
  local result
  self:spawn(function()
    result = table.pack(fn())
  end)
  self:run_until(function()
    return result
  end)
  return table.unpack(result, 1, result.n)
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

--- Gives `source.text[zone]`, or fails with `source.failure`.
function M.source()
  local source = { text = {}, pulls = 0, pulled = {}, whole = true, replicated = false }
  function source:pull(zone_name)
    self.pulls = self.pulls + 1
    self.pulled[zone_name] = (self.pulled[zone_name] or 0) + 1
    if self.failure then
      return uerror.fail_temporarily("io", "%s", self.failure)
    end
    local zone, err = core.parse { text = self.text[zone_name], name = "source", origin = zone_name }
    if not zone then
      return nil, err
    end
    return { zone = zone, version = ("%s/%d"):format(zone.hash, zone.serial or 0) }
  end
  function source:watch(names, on_event)
    self.watched, self.event = names, on_event
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

--- Has sync follow another policy, as the daemon does when its file is read again.
---@param settings {zones?: string[], policy?: string, targets?: table<string, table[]>, sources?: table<string, table>}
---@return table plan
---@return boolean? ok
---@return understudy.Error? err
function World:reload(settings)
  local made = new_policy(settings, self.source, self.targets)
  for _, zone in ipairs(made.zones) do
    zone.targets = (settings.targets or {})[zone.name] or zone.targets
    zone.source = (settings.sources or {})[zone.name] or zone.source
  end
  local plan = policy_reload.succeed(self.policy, made)
  local fresh = { answers = judge.answers(made) }
  local ok, err = self:await(function()
    return self.sync:reload(made, plan, fresh)
  end)
  self.policy = ok and made or self.policy
  return plan, ok, err
end

local function middle()
  return 0.5
end

--- Makes a world.
---@param settings? {zones?: string[], policy?: string, targets?: table[], random?: fun(): number}
function M.new(settings)
  settings = settings or {}
  local world = setmetatable({ tasks = time.new(), lines = {}, starts = 0, outside = {} }, World)
  world.clock = world.tasks:clock(START)
  world.log = log.new {
    level = "info",
    now = world.clock.now,
    sink = function(line)
      world.lines[#world.lines + 1] = line
    end,
  }
  world.random = settings.random or middle
  world.store = assert(store.direct ":memory:")
  world.resolver = new_resolver()
  world.source = M.source()
  world.targets = settings.targets or { M.target "ns-b" }
  world.policy = new_policy(settings, world.source, world.targets)
  return world
end

--- Starts sync in the world: for the first time, or again after a crash that left only the store.
---@param shared? boolean whether other processes may have to do with the store
function World:start(shared)
  self.tasks:kill(self.starts)
  self.starts = self.starts + 1
  local process = self.starts
  self.sync = assert(sync.new(self.policy, {
    clock = self.clock,
    spawn = function(_, fn)
      self.tasks:spawn(process, fn)
    end,
    random = self.random,
    log = self.log,
    store = self.store,
    answers = judge.answers(self.policy),
    resolver = self.resolver,
    alone = not shared,
    worker_name = "process " .. self.starts,
    look_outside = function()
      return self.outside
    end,
  }))
  assert(self.sync:start())
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
