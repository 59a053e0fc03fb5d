--- resolve: keeps the answers fresh that ALIAS records need.
--
-- An answer is asked for once, whichever zones use it; it is written down and then remembered; and when it
-- changes, the zones that use it are told. Flattening itself only ever reads what is remembered.

local units = require "understudy.units"

local M = {}

local TYPES <const> = { "A", "AAAA" }
local NONE <const> = {}
local BATCH <const> = 256 -- lookups that one task makes, and that are written down together
local BATCHES_MAX <const> = 64 -- at a time, for each waits for its slowest; what else is due waits in the memory

local Resolve = {}
Resolve.__index = Resolve
Resolve.__name = "understudy.Resolve"

---@param host table {answers=, resolver=, store=, clock=, spawn=, log=}
---@param on_change fun(zone_name: string) an answer that the zone uses has changed
---@return table
function M.new(host, on_change)
  local clock = host.clock
  local begun, begun_wall = clock.monotonic(), clock.now()
  return setmetatable({
    host = host,
    -- Answers outlive the process, so theirs is wall time; but a clock that is set must not hold up a refresh.
    now = function()
      return begun_wall + (clock.monotonic() - begun)
    end,
    on_change = on_change,
    used_by = {}, -- by target: a set of zone names
    targets_of = {}, -- by zone name: a set of targets
    asking = {}, -- lookups under way, by key
    asked = clock.condition(), -- signalled when some of them have ended
    batches = 0, -- tasks that refresh what was due
    earlier = clock.condition(), -- signalled when the next answer may be due sooner, or a batch has ended
  }, Resolve)
end

--- Brings back what the store remembers.
---@return boolean? ok
---@return understudy.Error? err
function Resolve:restore()
  local now, host = self.now(), self.host
  local function restore(answer)
    -- Written under a clock that was ahead: when it is due can't be known.
    answer.next_refresh = answer.last_lookup > now and now or answer.next_refresh
    host.answers:restore(answer)
  end
  return host.store:each_answer(function(answer)
    local known, why = pcall(restore, answer)
    if not known and host.log then
      host.log:error("the store holds an answer of %s that can't be read, it is looked up anew: %s", answer.target, why)
    end
  end)
end

local function key_of(target, type)
  return target .. " " .. type
end

-- Remembers nothing more of a target.
local function release(self, target)
  self.used_by[target] = nil
  for _, type in ipairs(TYPES) do
    self.host.answers:forget(target, type)
  end
end

-- Forgets them in the store too, where no other process can just have begun to use them; else retention does.
local function drop(self, target)
  local host = self.host
  release(self, target)
  if not host.alone then
    return
  end
  local lease = { worker = host.lease and host.lease.worker or "", now = host.clock.now() }
  local ok, err = host.store:forget_targets(lease, { target })
  if not ok and err.code ~= "fenced" then
    host.log:warning("the answers of %s are not forgotten: %s", target, err.message)
  end
end

--- Says which targets a zone uses now. Those that no zone uses any more are forgotten.
---@param zone_name string
---@param targets string[]
function Resolve:use(zone_name, targets)
  local before, now = self.targets_of[zone_name] or NONE, #targets > 0 and {} or nil
  self.targets_of[zone_name] = now
  for _, target in ipairs(targets) do
    now[target] = true
    self.used_by[target] = self.used_by[target] or {}
    self.used_by[target][zone_name] = true
  end
  for target in pairs(before) do
    if not now or not now[target] then
      self.used_by[target][zone_name] = nil
      if not next(self.used_by[target]) then
        drop(self, target)
      end
    end
  end
end

--- Whether a zone uses a target.
---@param target string
---@return boolean
function Resolve:uses(target)
  return self.used_by[target] ~= nil
end

--- Says that the policy has a zone no more. What is stored of the targets that only it used stays: it may come back.
---@param zone_name string
function Resolve:leave(zone_name)
  for target in pairs(self.targets_of[zone_name] or {}) do
    self.used_by[target][zone_name] = nil
    if not next(self.used_by[target]) then
      release(self, target)
    end
  end
  self.targets_of[zone_name] = nil
end

-- What a person should hear of: a state that is not the one before.
local function report(log, before, answer)
  if before and before.state == answer.state then
    return
  end
  local kept = units.count(#answer.addresses, "address", "addresses")
  if answer.state == "fresh" then
    log:info("alias target %s %s resolves to %s", answer.target, answer.type,
      #answer.addresses > 0 and table.concat(answer.addresses, " ") or "no address")
  elseif answer.state == "stale" then
    log:warning("alias target %s %s does not resolve, keeping %s: %s", answer.target, answer.type,
      kept, answer.error)
  elseif answer.state == "dangling" then
    log:warning("alias target %s %s has no address any more (%s), %s kept", answer.target, answer.type,
      answer.last, kept)
  else
    log:warning("alias target %s %s does not resolve: %s", answer.target, answer.type,
      answer.error ~= "" and answer.error or answer.last)
  end
end

-- What lookups change: the targets whose publication moves, the answers as they will be, and those of them that are
-- worth remembering as news.
local function digest(self, lookups)
  local host, moved, digested, news = self.host, {}, {}, {}
  for _, lookup in ipairs(lookups) do
    -- What is still asked for when the last zone lets go of it is not learned any more.
    if self.used_by[lookup.target] then
      local changed, answer = host.answers:digest(lookup, self.now())
      moved[lookup.target] = changed or moved[lookup.target]
      digested[#digested + 1] = answer
      local before = host.answers:get(answer.target, answer.type)
      news[#news + 1] = (changed or not before or before.state ~= answer.state) and answer or nil
    end
  end
  return moved, digested, news
end

local function remember(self, digested)
  local host = self.host
  for _, answer in ipairs(digested) do
    if self.used_by[answer.target] then
      report(host.log, host.answers:get(answer.target, answer.type), answer)
      host.answers:restore(answer)
    end
  end
  self.earlier:signal()
end

-- Takes those lookups that nobody is making yet, and lists those that somebody is.
local function claim(self, wanted)
  local mine, others = {}, {}
  for _, pair in ipairs(wanted) do
    local key = key_of(pair[1], pair[2])
    if self.asking[key] then
      others[#others + 1] = key
    else
      self.asking[key] = true
      mine[#mine + 1] = pair
    end
  end
  return mine, others
end

-- Gives lookups free at the end of a scope, whatever ends it.
local function claimed(self, mine)
  return setmetatable({}, { __close = function()
    for _, pair in ipairs(mine) do
      self.asking[key_of(pair[1], pair[2])] = nil
    end
    self.asked:signal()
  end })
end

-- Asks, writes down, and then remembers. What can't be written down is not used: it is asked for again.
local function ask(self, mine)
  local moved, digested, news = digest(self, self.host.resolver:lookup_all(mine))
  local ok, err = self.host.store:save_answers(digested, news)
  if not ok then
    self.host.log:warning("answers can't be written down and are not used: %s", err.message)
    return {}
  end
  remember(self, digested)
  return moved
end

-- The zones that use one of the targets, but for one.
local function users(self, targets, except)
  local zones = {}
  for target, moved in pairs(targets) do
    for zone_name in pairs(moved and self.used_by[target] or {}) do
      zones[zone_name] = zone_name ~= except or nil
    end
  end
  return zones
end

--- Asks for answers, learns them and tells the zones that use what changed, but not `asker`. Returns when
--- all of them are known, also those that another task was asking for already.
---@param wanted {[1]: string, [2]: string}[] target and type
---@param asker? string
function Resolve:refresh(wanted, asker)
  local mine, others = claim(self, wanted)
  if #mine > 0 then
    local _ <close> = claimed(self, mine)
    for zone_name in pairs(users(self, ask(self, mine), asker)) do
      self.on_change(zone_name)
    end
  end
  for _, key in ipairs(others) do
    while self.asking[key] do
      self.asked:wait()
    end
  end
end

local function unknown_of(self, zone_name)
  local unknown = {}
  for target in pairs(self.targets_of[zone_name] or {}) do
    for _, type in ipairs(TYPES) do
      if not self.host.answers:get(target, type) then
        unknown[#unknown + 1] = { target, type }
      end
    end
  end
  return unknown
end

--- Asks for those answers of a zone that nobody ever asked for; waits for them.
---@param zone_name string
---@return boolean complete false if there are still some that could not be written down
function Resolve:complete(zone_name)
  local unknown = unknown_of(self, zone_name)
  if #unknown == 0 then
    return true
  end
  self:refresh(unknown, zone_name)
  return #unknown_of(self, zone_name) == 0
end

-- Of what is due, that which a zone uses. What none uses was restored and is not needed.
local function needed(self, due)
  local wanted = {}
  for _, pair in ipairs(due) do
    if self.used_by[pair[1]] then
      wanted[#wanted + 1] = pair
    else
      self.host.answers:forget(pair[1], pair[2])
    end
  end
  return wanted
end

local function refresh_due(self, due)
  self.batches = self.batches + 1
  self.host.spawn("refresh answers", function()
    local _ <close> = setmetatable({}, { __close = function()
      self.batches = self.batches - 1
      self.earlier:signal()
    end })
    self:refresh(needed(self, due))
  end)
end

--- Asks again for every answer when it falls due. Never returns.
function Resolve:run()
  local answers = self.host.answers
  while true do
    local due = self.batches < BATCHES_MAX and answers:take_due(self.now(), BATCH) or {}
    if #due > 0 then
      refresh_due(self, due)
    else
      local next_due = self.batches < BATCHES_MAX and answers:next_due()
      self.earlier:wait(next_due and math.max(0, next_due - self.now()) or nil)
    end
  end
end

--- What is remembered of the targets of a zone, sorted by name.
---@param zone_name string
---@return table[] answers
function Resolve:answers_of(zone_name)
  local list = {}
  for target in pairs(self.targets_of[zone_name] or {}) do
    for _, type in ipairs(TYPES) do
      list[#list + 1] = self.host.answers:get(target, type)
    end
  end
  table.sort(list, function(a, b)
    return a.target .. a.type < b.target .. b.type
  end)
  return list
end

return M
