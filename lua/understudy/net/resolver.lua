--- resolver: looks up the addresses of names, on the event loop or without one.
--
-- Of the coroutines that wait for lookups one drives the resolver; when it has what it waited for, it
-- passes that on to another. So there is no coroutine of the resolver's own that could keep a loop
-- alive or outlive its use.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"

local address = require "understudy.net.address"
local core = require "understudy.core"

local M = {}

local DRAIN_EVERY <const> = 0.1
local LONG <const> = 3600 -- seconds; every lookup ends much sooner

---@class understudy.Lookup
---@field target string "host.example."
---@field type "A"|"AAAA"
---@field outcome "addresses"|"nodata"|"nxdomain"|"failure"|"special"
---@field failure? string of the outcome "failure": "timeout", "servfail" …
---@field ttl integer
---@field addresses string[]
---@field chain string[] the CNAMEs that were followed
---@field error? string why it failed

---@class understudy.net.ResolverOptions
---@field servers? string[] "192.0.2.1", "192.0.2.1:53", "[2001:db8::1]:53"; nil: those of the system
---@field timeout? number seconds a try
---@field tries? integer for each server
---@field agree? integer servers that must say the same before "nodata" or "nxdomain" is believed
---@field allow? string[] ranges of special addresses that are taken; nil: those for documentation
---@field max_in_flight? integer questions that are out at a time

---@class understudy.net.Resolver
---@field private core any nil once closed
---@field private waiting table<string, table> lookups that are not finished, by target and type
---@field private driven boolean whether a coroutine drives the resolver
---@field private turn any condition: one of those who wait is to drive it
---@field private sleeping integer how many wait
local Resolver = {}
Resolver.__index = Resolver
Resolver.__name = "understudy.net.Resolver"

---@param options? understudy.net.ResolverOptions
---@return understudy.net.Resolver?
---@return understudy.Error? err
function M.new(options)
  local settings = { allow = address.DOCUMENTATION }
  for name, value in pairs(options or {}) do
    settings[name] = value
  end
  local resolver, err = core.resolver(settings)
  if not resolver then
    return nil, err
  end
  return setmetatable({
    core = resolver,
    waiting = {},
    driven = false,
    turn = condition.new(),
    sleeping = 0,
  }, Resolver)
end

local function key_of(target, type)
  target = target:lower()
  return (target:sub(-1) == "." and target or target .. ".") .. " " .. type
end

local function failure(target, type, message)
  return {
    target = target,
    type = type,
    outcome = "failure",
    failure = "network",
    ttl = 0,
    addresses = {},
    chain = {},
    error = message,
  }
end

-- An entry is what all who wait for one lookup share. Only one that a coroutine waits for has a condition.
local function finish(self, key, lookup)
  local entry = self.waiting[key]
  if entry then
    self.waiting[key] = nil
    entry.lookup = lookup
    if entry.done then
      entry.done:signal()
    end
  end
end

local function fail_all(self, message)
  for key, entry in pairs(self.waiting) do
    finish(self, key, failure(entry.target, entry.type, message))
  end
end

-- Hands out what is finished. `ok, err` is what processing came to.
local function hand_out(self, ok, err)
  if not ok then
    fail_all(self, tostring(err))
    return
  end
  for lookup in self.core.take, self.core do
    finish(self, key_of(lookup.target, lookup.type), lookup)
  end
end

local function begin(self, target, type)
  local key = key_of(target, type)
  if self.waiting[key] then
    return self.waiting[key]
  end
  if not self.core then
    return { lookup = failure(target, type, "the resolver is closed") }
  end
  local ok, name = self.core:ask(target, type)
  if not ok then
    return { lookup = failure(target, type, tostring(name)) }
  end
  key = key_of(name, type) -- what was asked may have been written with escapes
  self.waiting[key] = self.waiting[key] or { target = name, type = type }
  return self.waiting[key]
end

local function drive(self, entry)
  self.driven = true
  while not entry.lookup do
    cqueues.poll(self.core)
    if self.core then
      hand_out(self, self.core:process())
    end
  end
  self.driven = false
end

local function await(self, entry)
  while not entry.lookup do
    if not cqueues.running() then
      hand_out(self, self.core:wait(LONG))
    elseif self.driven then
      entry.done = entry.done or condition.new()
      self.sleeping = self.sleeping + 1
      cqueues.poll(entry.done, self.turn)
      self.sleeping = self.sleeping - 1
    else
      drive(self, entry)
    end
  end
  if not self.driven and self.sleeping > 0 then
    self.turn:signal(1) -- for all who were given the turn and no longer need it
  end
  return entry.lookup
end

--- Looks up one family of addresses. Lookups of the same that are under way are shared, so the table
--- that comes back must not be changed. Whatever goes wrong is a lookup with the outcome "failure".
---@param target string
---@param type "A"|"AAAA"
---@return understudy.Lookup
function Resolver:lookup(target, type)
  return await(self, begin(self, target, type))
end

--- Looks up many at the same time.
---@param questions {target: string, type: string}[] or pairs {"host.example.", "A"}
---@return understudy.Lookup[] in the same order
function Resolver:lookup_all(questions)
  local entries, lookups = {}, {}
  for i, question in ipairs(questions) do
    entries[i] = begin(self, question.target or question[1], question.type or question[2])
  end
  for i, entry in ipairs(entries) do
    lookups[i] = await(self, entry)
  end
  return lookups
end

--- Closes when all lookups that are under way have ended; none is to be begun any more.
function Resolver:drain()
  while next(self.waiting) do
    cqueues.sleep(DRAIN_EVERY)
  end
  self:close()
end

--- Ends all lookups that are under way as failures. More often is no harm.
function Resolver:close()
  local resolver = self.core
  if resolver then
    self.core = nil
    cqueues.cancel(resolver:pollfd()) -- the loop must forget a descriptor before it is closed
    resolver:close()
    fail_all(self, "the resolver was closed")
  end
end

Resolver.__close = Resolver.close

return M
