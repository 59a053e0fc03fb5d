--- settings: writes down under what settings this process runs its zones, and finds out which of the processes that
-- share the store go by another policy: they would give zones other guards, sources or targets, or lack some.
--
-- Nobody refuses to work for that. A difference shows in status at once, and in the log once it has lasted: while
-- processes read a new policy one after the other, theirs differ.

local background = require "understudy.background"
local parts = require "understudy.parts"
local policy_settings = require "understudy.policy.settings"
local sorted = require "understudy.sorted"
local units = require "understudy.units"

local M = {}

local LOOK_EVERY <const> = 2 -- seconds
local LASTING <const> = 5    -- seconds that a difference is there before the log tells of it
local NAMES_A_CALL <const> = 1000
local TEXTS_A_CALL <const> = 100
local SHOWN <const> = 5      -- differences in a sentence
local OCTETS_SHOWN <const> = 60

local REMEDY <const> = "have both go by the same policy: make the files the same, then 'understudy reload' where it is "
  .. "another"

---@class understudy.OtherPolicy
---@field worker string        who goes by it
---@field since number         when that was seen first
---@field zones {differing: table, here: table, there: table} {count=, names=} of zones with other settings there, and
---  of those that only one policy has; the first of the names
---@field differences understudy.SettingsDifference[] of their settings
---@field message string
---@field remedy string

local Settings = {}
Settings.__index = Settings
Settings.__name = "understudy.SyncSettings"

---@param host table
---@return table
function M.new(host)
  return setmetatable({
    host = host, settings = policy_settings.new(host.policy), base = host.policy.base or host.policy,
    woken = host.clock.condition(),
    pending = {}, -- names of zones of which is to be written down under what settings they are run
    compared = {}, -- by policy: in what it differs from ours
    others = {}, -- understudy.OtherPolicy[]
    told = {}, -- by worker: which policy of its the log told of
  }, Settings)
end

--- The hash of a zone's settings.
---@param zone understudy.SyncZone
---@return string
function Settings:hash(zone)
  return self.settings:hash(zone.setting)
end

--- Has it written down under what settings zones are run.
---@param names string[]
function Settings:note(names)
  table.move(names, 1, #names, #self.pending + 1, self.pending)
  self.woken:signal()
end

--- Follows another policy, which differs in some zones, or in what holds for all.
---@param policy understudy.Policy
---@param changed string[]
---@param names string[] all zones
function Settings:follow(policy, changed, names)
  local before, base = self.settings, policy.base or policy
  self.settings = policy_settings.new(policy)
  if self.base ~= base then
    self.base, self.policy = base, nil
  end
  self:note(self.settings:same_for_all(before) and changed or names)
end

--- The processes that go by another policy.
---@return understudy.OtherPolicy[]
function Settings:of_others()
  return self.others
end

-- ---------------------------------------------------------------- writing down

-- Writes down the texts of some settings, by their hashes, unless they are there; whether they then are. That the
-- store fails is told by others, and what failed is done the next time.
local function save_texts(self, by_hash)
  local store, now, hashes = self.host.store, self.host.clock.now(), sorted.keys(by_hash)
  for part in parts.of(hashes, TEXTS_A_CALL) do
    local unknown, rows = store:unknown_settings(part), {}
    for i, hash in ipairs(unknown or {}) do
      rows[i] = { hash = hash, text = self.settings:text(by_hash[hash]), at = now }
    end
    if not unknown or #rows > 0 and not store:save_settings(rows) then
      return false
    end
  end
  return true
end

-- Writes down under what settings zones are run, of which that is not known to be there.
local function write(self, zones)
  local host, names, of_hash, by_hash = self.host, self.pending, {}, {}
  self.pending = {}
  for i, name in ipairs(names) do
    local zone = zones[name]
    if zone and zone.lease then
      local hash = self:hash(zone)
      of_hash[hash] = of_hash[hash] or {}
      table.insert(of_hash[hash], name)
      by_hash[hash] = zone.setting
    end
    background.turn(i)
  end
  local ok = save_texts(self, by_hash)
  for _, hash in ipairs(sorted.keys(of_hash)) do
    for part in parts.of(of_hash[hash], NAMES_A_CALL) do
      local done = ok and host.store:note_settings(host.lease.worker, hash, part)
      if not done or done.left > 0 then
        table.move(part, 1, #part, #self.pending + 1, self.pending) -- the next time
      end
    end
  end
end

-- Says by which policy this process goes. Zones that catalogs list follow from those that the policy itself has.
local function announce(self, worker)
  local base, settings, lists, by_hash = self.base, self.settings, {}, {}
  for i, setting in ipairs(base.zones) do
    local hash = settings:hash(setting)
    lists[hash], by_hash[hash] = lists[hash] or {}, setting
    table.insert(lists[hash], setting.name)
    background.turn(i)
  end
  for hash, list in pairs(lists) do
    list[#list + 1] = ""
    lists[hash] = table.concat(list, "\n")
  end
  local policy = save_texts(self, by_hash) and self.host.store:announce_policy(worker, lists)
  if policy and self.base == base then
    self.policy, self.announced_by = policy, worker
  end
  return policy
end

-- ---------------------------------------------------------------- looking at others

-- All in what pairs of settings differ, each once.
local function differences_of(self, pairs_of_hashes)
  local hashes = {}
  for _, pair in ipairs(pairs_of_hashes) do
    table.move(pair, 1, 2, #hashes + 1, hashes)
  end
  local texts, err = self.host.store:settings(hashes)
  if not texts then
    return nil, err
  end
  local list, seen = {}, {}
  for _, pair in ipairs(pairs_of_hashes) do
    for _, difference in ipairs(policy_settings.differences(texts[pair[1]] or "", texts[pair[2]] or "")) do
      local key = ("%s\n%s\n%s"):format(difference.what, difference.here, difference.there)
      list[#list + 1] = not seen[key] and difference or nil
      seen[key] = true
    end
  end
  return list
end

-- In what another policy differs from ours; nil if that can't be told now.
local function compare(self, policy)
  local found = self.host.store:compare_policies(self.policy, policy)
  if found == false then
    self.policy = nil -- if it is ours that is not there, it is announced again
  end
  local differences = found and differences_of(self, found.pairs)
  return differences and {
    zones = { differing = found.differing, here = found.here, there = found.there }, differences = differences,
  }
end

--- What people know a worker by: its host and process.
---@param worker string
---@return string
local function name_of(worker)
  return worker:match "^(.+)%-%x+$" or worker
end

local function shown(value)
  return value and (#value > OCTETS_SHOWN and value:sub(1, OCTETS_SHOWN) .. "…" or value) or "not set"
end

-- A difference in a few words.
local function tell(difference, other)
  local what, here, there = difference.what, difference.here, difference.there
  if not what:find(": ", 1, true) and not (here and there) then
    return ("%s: only in %s"):format(what, here and "the policy of this daemon" or "the policy of " .. other)
  end
  return ("%s is %s here and %s there"):format(what, shown(here), shown(there))
end

--- Differences in one line.
---@param differences understudy.SettingsDifference[]
---@param other string whose policy it is there
---@return string
function M.tell(differences, other)
  local words = {}
  for i = 1, math.min(#differences, SHOWN) do
    words[i] = tell(differences[i], other)
  end
  if #differences > SHOWN then
    words[#words + 1] = ("and %d more"):format(#differences - SHOWN)
  end
  return table.concat(words, "; ")
end

local function message_of(compared, worker)
  local words, zones, other = {}, compared.zones, name_of(worker)
  local function add(found, where, more)
    if found.count > 0 then
      words[#words + 1] = ("%s %s (%s%s)%s"):format(units.count(found.count, "zone"), where,
        table.concat(found.names, ", "), found.count > #found.names and ", …" or "", more or "")
    end
  end
  local differences = #compared.differences > 0 and ": " .. M.tell(compared.differences, other) or ""
  add(zones.here, "only in the policy of this daemon")
  add(zones.there, "only in the policy of " .. other)
  add(zones.differing, "under other settings", differences)
  return ("the daemon %s at the same store goes by another policy: %s"):format(other, table.concat(words, "; "))
end

-- Tells once of each other policy that stays another, and of its end.
local function log(self, rows)
  local now, logger, differing = self.host.clock.now(), self.host.log, {}
  for _, other in ipairs(self.others) do
    local told = self.told[other.worker]
    differing[other.worker] = true
    if told ~= other.policy .. self.policy and now - other.since >= LASTING then
      self.told[other.worker] = other.policy .. self.policy
      logger:warning("%s; %s", other.message, REMEDY)
    end
  end
  for _, row in ipairs(rows) do
    if self.told[row.worker] and row.policy == self.policy then
      logger:info("the daemon %s goes by the same policy again", name_of(row.worker))
    end
  end
  for worker in pairs(self.told) do
    self.told[worker] = differing[worker] and self.told[worker]
  end
end

-- Looks by which policies others go.
local function look(self)
  local host = self.host
  local worker = host.lease.worker
  if not worker or (not self.policy or self.announced_by ~= worker) and not announce(self, worker) then
    return
  end
  local rows = host.store:policies_of_others(worker, host.clock.now())
  if not rows then
    return
  end
  local before, others, compared = {}, {}, {}
  for _, other in ipairs(self.others) do
    before[other.worker] = other
  end
  for _, row in ipairs(rows) do
    local ours = self.policy
    local key = ours and ours .. row.policy
    local found = ours and ours ~= row.policy and (self.compared[key] or compare(self, row.policy))
    if found and self.policy == ours then
      local last = before[row.worker]
      compared[key] = found
      others[#others + 1] = {
        worker = row.worker, policy = row.policy, since = last and last.since or host.clock.now(), zones = found.zones,
        differences = found.differences, message = message_of(found, row.worker), remedy = REMEDY,
      }
    end
  end
  if self.policy then
    self.others, self.compared = others, compared
    log(self, rows)
  end
end

--- Goes on writing down under what settings zones are run, and looking by which others go.
---@param zones table<string, understudy.SyncZone>
function Settings:run(zones)
  while true do
    if #self.pending > 0 then
      write(self, zones)
    end
    if not self.host.alone then
      look(self)
    end
    self.woken:wait(LOOK_EVERY)
  end
end

return M
