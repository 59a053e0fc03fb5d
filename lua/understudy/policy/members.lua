--- members: the zones that catalogs list (RFC 9432), as zones of the policy that has the catalogs.
--
-- What a catalog lists is what was published of it: a list that was refused or is held changes nothing. A zone of the
-- policy itself comes before one that a catalog lists, and of two catalogs the one that had the zone first keeps it
-- until it lets it go to the other (§4.3.1).

local catalog = require "understudy.catalog"
local identity = require "understudy.identity"
local schema = require "understudy.schema"
local sharing = require "understudy.policy.sharing"
local zone_name = require "understudy.policy.zone_name"

local M = {}

---@class understudy.Belonging  where a member comes from
---@field catalog string
---@field id string         its label there
---@field epoch integer     grows when the same name becomes another zone (§5.4)
---@field renewed? boolean   it did while no process ran, and what the store has is of the zone before

--- The type of `members`: how the zones are that a catalog lists, and how those of a group differ.
---@param fields table for schema.record
---@param group understudy.SchemaType
---@return understudy.SchemaType
function M.shape(fields, group)
  local options, groups = schema.record(fields), { default = {} }
  groups[1] = function(value, at)
    local made = {}
    for _, name in ipairs(schema.names(value)) do
      made[group(name, at) or name] = options(value[name], at:child(tostring(name)))
    end
    return made
  end
  local whole = { groups = groups }
  for name, field in pairs(fields) do
    whole[name] = field
  end
  return schema.record(whole)
end

-- Rules about what resolvers ask for, and nobody resolves a catalog.
local POINTLESS <const> = {
  "ptr.zone", "zone.ns.single", "target.special_use", "ttl.zero",
  "soa.refresh.low", "soa.retry.range", "soa.expire.low", "soa.minimum.range",
}

-- A catalog that can't be read holds no zone back but itself, as a whole.
local BROKEN <const> = {
  id = "catalog.broken", implied = true, severity = "error", rule = "A catalog zone can be read.",
  consequence = "Its list stays as it was published last.", authority = "RFC 9432 §5.1",
  check = function(zone)
    local members, err = catalog.read(zone)
    return not members and { { owner = zone.origin, message = err.message .. "." } } or {}
  end,
}

--- The checks of a zone that is a catalog.
---@param checks understudy.Checks
---@param read boolean whether its list becomes zones of ours
---@return understudy.Checks
function M.checks(checks, read)
  local made = { set = checks.set, adjustments = {}, rules = { read and BROKEN or nil } }
  for i, rule in ipairs(POINTLESS) do
    made.adjustments[i] = { rule = rule, severity = "off", reason = "it is a catalog", implied = true }
  end
  table.move(checks.adjustments, 1, #checks.adjustments, #made.adjustments + 1, made.adjustments)
  table.move(checks.rules, 1, #checks.rules, #made.rules + 1, made.rules)
  return made
end

--- The zones of a policy that list others.
---@param policy understudy.Policy
---@return table[]
function M.catalogs(policy)
  local list = {}
  for _, zone in ipairs(policy.zones) do
    list[#list + 1] = zone.members and zone or nil
  end
  return list
end

-- All that catalogs list, by zone: {setting=, member=} in the order of the catalogs; and the names in order.
local function listings(catalogs, published)
  local listed, names = {}, {}
  for _, setting in ipairs(catalogs) do
    local zone = published(setting.name)
    for name, member in pairs(zone and catalog.read(zone) or {}) do
      if not listed[name] then
        listed[name], names[#names + 1] = {}, name
      end
      table.insert(listed[name], { setting = setting, member = member })
    end
  end
  table.sort(names)
  return listed, names
end

local function from(list, catalog_name)
  for _, listing in ipairs(list) do
    if listing.setting.name == catalog_name then
      return listing
    end
  end
end

-- Of several catalogs that list a zone the one whose it is.
local function owner_of(list, before)
  local owner = before and from(list, before.catalog) or list[1]
  return owner.member.coo and from(list, owner.member.coo) or owner
end

-- Where a member comes from now. It is another zone than before when its label is another, or it came to another
-- catalog without having been let go.
local function belonging(owner, list, before)
  local made = { catalog = owner.setting.name, id = owner.member.id, epoch = before and before.epoch or 0 }
  if before then
    local last = from(list, before.catalog)
    local let_go = before.catalog == made.catalog or last and last.member.coo == made.catalog
    made.epoch = made.epoch + ((before.id ~= made.id or not let_go) and 1 or 0)
  end
  return made
end

-- What the policy says of members of a group: of the first that it knows.
local function options_of(owner)
  local members = owner.setting.members
  for _, group in ipairs(owner.member.groups) do
    if members.groups[group] then
      return members.groups[group]
    end
  end
  return members
end

local function setting_of(name, owner, belongs, share)
  local options = options_of(owner)
  local made = { name = name, checks = options.checks, zonemd = options.zonemd, member = belongs }
  return share(made, options.source, options.targets)
end

-- Why a zone that a catalog lists is not taken from there; nil if it is.
local function refusal(name, listing, owner, own)
  if own[name] then
    return "the policy has that zone itself"
  elseif not zone_name.read(name) then
    return "that is not the name of a zone"
  elseif listing ~= owner then
    return "it is of the catalog " .. owner.setting.name
  end
end

-- Whether one of a zone's targets is in a set.
local function has_target(zone, set)
  for _, target in ipairs(zone.targets) do
    if set[target] then
      return true
    end
  end
  return false
end

--- Tells each catalog that we make which zones its targets have.
---@param zones table[] of a policy
function M.assign(zones)
  for _, made in ipairs(zones) do
    if made.source.assign then
      local its, list = {}, {}
      for _, target in ipairs(made.targets) do
        its[target] = true
      end
      for _, zone in ipairs(zones) do
        if not zone.source.assign and has_target(zone, its) then
          list[#list + 1] = { name = zone.name, group = zone.group, id = zone.member and zone.member.id }
        end
      end
      made.source:assign(list)
    end
  end
end

-- The same with catalogs of their own: which is another source when its members change.
local function renew_catalogs(zones)
  for i, zone in ipairs(zones) do
    if zone.source.assign then
      local copy = {}
      for key, value in pairs(zone) do
        copy[key] = value
      end
      copy.source = identity.like(zone.source:copy(), zone.source)
      zones[i] = copy
    end
  end
  M.assign(zones)
end

--- The policy with the zones that its catalogs list.
---@param policy understudy.Policy as it was read, or expanded before
---@param published fun(catalog: string): any? what is published of a catalog
---@param before? table<string, understudy.Belonging> of the policy that runs
---@return understudy.Policy expanded with `base`, `belongings` by zone, and `refusals`, sentences
function M.expand(policy, published, before)
  policy = policy.base or policy
  local catalogs = M.catalogs(policy)
  if #catalogs == 0 then
    return policy
  end
  local own, zones = {}, {}
  for i, zone in ipairs(policy.zones) do
    own[zone.name], zones[i] = true, zone
  end
  local expanded = { base = policy, zones = zones, belongings = {}, refusals = {} }
  local listed, names = listings(catalogs, published)
  local share = sharing.new()
  for _, name in ipairs(names) do
    local list, was = listed[name], before and before[name]
    local owner = owner_of(list, was)
    for _, listing in ipairs(list) do
      local why = refusal(name, listing, owner, own)
      if why then
        table.insert(expanded.refusals, ("the catalog %s lists %s: %s"):format(listing.setting.name, name, why))
      elseif listing == owner then
        expanded.belongings[name] = belonging(owner, list, was)
        zones[#zones + 1] = setting_of(name, owner, expanded.belongings[name], share)
      end
    end
  end
  renew_catalogs(zones)
  for key, value in pairs(policy) do
    expanded[key] = expanded[key] or value
  end
  return expanded
end

return M
