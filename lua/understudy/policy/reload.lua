--- reload: reads the file of a running policy again, and tells what that changes.
--
-- A source or target that is made of the same as before stays the very same object, so that what it knows is kept and
-- the zones that have it are left alone. What only a restart can change stays as it is.

local background = require "understudy.background"
local identity = require "understudy.identity"
local members = require "understudy.policy.members"
local policy = require "understudy.policy"
local sharing = require "understudy.policy.sharing"
local sorted = require "understudy.sorted"

local M = {}

---@class understudy.PolicyPlan
---@field file string
---@field zones {added: string[], removed: string[], changed: {name: string, what: string[]}[], same: integer}
---@field targets {added: string[], removed: string[], changed: string[]}
---@field settings string[]  those of the whole policy that changed and are taken up
---@field restart string[]   those that changed and are not
---@field judge boolean      whether all zones are to be judged again

-- What only a restart can change.
local RESTART <const> = { "state", "store", "user", "listen" }
-- By what every zone is judged.
local JUDGING <const> = { alias = true, guard = true, pool = true, redirect = true }
-- What is compared zone by zone, or is no setting.
local APART <const> = {
  zones = true, source = true, targets = true, checks = true, zonemd = true, file = true, digest = true,
  base = true, belongings = true, refusals = true, keys = true,
}
-- What else a zone is judged or made by.
local OF_ZONES <const> = { "checks", "zonemd", "member" }

local NONE <const> = {}

-- Where transfers over TLS are served is bound at the start; with which certificate is not.
local function keep_tls(old, new)
  local before, after = old.tls, new.tls
  if not identity.same(before and before.listen, after and after.listen) then
    new.tls = before
    return true
  end
  return false
end

-- Keeps of a policy what only a restart can change; the names of what would.
local function keep_bound(old, new)
  local kept = {}
  for _, name in ipairs(RESTART) do
    if not identity.same(old[name], new[name]) then
      kept[name] = true
    end
    new[name] = old[name]
  end
  kept["tls.listen"] = keep_tls(old, new) or nil
  return sorted.keys(kept)
end

local function changed_settings(old, new)
  local changed = {}
  for _, names in ipairs { old, new } do
    for name in pairs(names) do
      if not APART[name] and not identity.same(old[name], new[name]) then
        changed[name] = true
      end
    end
  end
  return sorted.keys(changed)
end

-- Compares pairs of things that stand in many zones, each pair once.
local function once(compare)
  local known = {}
  return function(old, new)
    local found = known[new] or {}
    known[new] = found
    if found[old] == nil then
      found[old] = compare(old, new)
    end
    return found[old]
  end
end

-- A catalog is another one when it has other members.
local function same_source(old, new)
  return identity.same(old, new) and identity.same(old.members, new.members)
end

-- Whether a name that a catalog lists still means the same zone.
local function same_member(old, new)
  return not old or not new or old.epoch == new.epoch
end

local function by_name(list)
  local found = {}
  for i, element in ipairs(list) do
    found[element.name] = element
    background.turn(i)
  end
  return found
end

-- Finds for each target of a zone the old one that is the same, and tells of those that are others of the same name.
local function match_targets(old, new, adopted, differing)
  local before = by_name(old)
  for _, target in ipairs(new) do
    local known = before[target.name]
    if known and identity.same(known, target) then
      adopted[target] = known
    elseif known then
      differing[target.name] = true
    end
  end
end

-- The targets of a zone, as far as possible those that it had; and whether these are all that it had and has.
local function join_targets(old, new, adopted)
  local before, list, same = by_name(old), {}, #old == #new
  for i, target in ipairs(new) do
    local known = before[target.name]
    local kept = known and identity.same(known, target)
    list[i], same = kept and known or adopted[target] or target, same and kept or false
  end
  return { list = list, same = same }
end

local function target_names(zones)
  local names, seen = {}, {}
  for _, zone in ipairs(zones) do
    if not seen[zone.targets] then
      seen[zone.targets] = true
      for _, target in ipairs(zone.targets) do
        names[target.name] = true
      end
    end
  end
  return names
end

-- Names that are in one set and not in the other.
local function without(set, other)
  local rest = {}
  for name in pairs(set) do
    rest[name] = not other[name] or nil
  end
  return sorted.keys(rest)
end

local function plan_targets(old, new, differing)
  local before, after = target_names(old.zones), target_names(new.zones)
  for name in pairs(differing) do
    differing[name] = before[name] and after[name]
  end
  return { added = without(after, before), removed = without(before, after), changed = sorted.keys(differing) }
end

-- What stands for the sources and targets of the new policy: the old ones that are the same, of a zone that both have.
local function adopt(before, new, same_sources)
  local adopted, differing = {}, {}
  local match = once(function(a, b)
    match_targets(a, b, adopted, differing)
    return true
  end)
  for i, zone in ipairs(new.zones) do
    background.turn(i)
    local was = before[zone.name]
    if was then
      match(was.targets, zone.targets)
      adopted[zone.source] = adopted[zone.source] or same_sources(was.source, zone.source) and was.source or nil
    end
  end
  return adopted, differing
end

-- A zone that both have, with what is not new of the old policy; and what is new.
local function join_zone(was, zone, adopted, same)
  local what, joined, source = {}, same.targets(was.targets, zone.targets), was.source
  if not same.source(was.source, zone.source) then
    source, what[1] = adopted[zone.source] or zone.source, "source"
  end
  what[#what + 1] = not joined.same and "targets" or nil
  for _, name in ipairs(OF_ZONES) do
    what[#what + 1] = not same[name](was[name], zone[name]) and name or nil
  end
  return same.share(zone, source, joined.list), what
end

local function join_zones(old, new)
  local zones = { added = {}, removed = {}, changed = {}, same = 0 }
  local before, after = by_name(old.zones), by_name(new.zones)
  local same = {
    source = once(same_source), checks = once(identity.same), zonemd = rawequal, member = same_member,
    share = sharing.new(),
  }
  local adopted, differing = adopt(before, new, same.source)
  same.targets = once(function(a, b)
    return join_targets(a, b, adopted)
  end)
  for i, zone in ipairs(new.zones) do
    background.turn(i)
    local was = before[zone.name]
    if was then
      local what
      new.zones[i], what = join_zone(was, zone, adopted, same)
      zones.same = zones.same + (#what == 0 and 1 or 0)
      zones.changed[#zones.changed + 1] = #what > 0 and { name = zone.name, what = what } or nil
    else
      new.zones[i] = same.share(zone, adopted[zone.source] or zone.source, same.targets(NONE, zone.targets).list)
      table.insert(zones.added, zone.name)
    end
  end
  for i, zone in ipairs(old.zones) do
    background.turn(i)
    if not after[zone.name] then
      table.insert(zones.removed, zone.name)
    end
  end
  return zones, differing
end

--- Makes a policy the successor of a running one, and says what it changes.
---@param old understudy.Policy
---@param new understudy.Policy is changed: what is the same, and what needs a restart, is that of `old`
---@return understudy.PolicyPlan
function M.succeed(old, new)
  local restart = keep_bound(old, new)
  local settings = changed_settings(old, new)
  local zones, differing = join_zones(old, new)
  local judge = false
  for _, name in ipairs(settings) do
    judge = judge or JUDGING[name] or false
  end
  return {
    file = new.file, zones = zones, targets = plan_targets(old, new, differing), settings = settings,
    restart = restart, judge = judge,
  }
end

--- A plan in a few words.
---@param plan understudy.PolicyPlan
---@return string
function M.summary(plan)
  local zones = plan.zones
  return ("%d zones added, %d removed, %d changed, %d as before%s"):format(#zones.added, #zones.removed, #zones.changed,
    zones.same, #plan.settings > 0 and "; settings: " .. table.concat(plan.settings, ", ") or "")
end

--- Reads the file of a running policy again.
---@param running understudy.Policy
---@param published fun(catalog: string): any? what is published of a catalog
---@return understudy.Policy? policy with the zones that its catalogs list
---@return understudy.PolicyPlan|nil plan
---@return understudy.Error? err with file and line for each fault
function M.load(running, published)
  local new, err = policy.load(running.file)
  if not new then
    return nil, nil, err
  end
  new = members.expand(new, published, running.belongings)
  return new, M.succeed(running, new)
end

return M
