--- expand: a policy with the zones that its catalogs list, by what a store has of these catalogs and of whose each zone
-- was, and how that is written down again.

local chain = require "understudy.store.chain"
local members = require "understudy.policy.members"

local M = {}

-- Where each member came from when that was last written down.
local function remembered(store)
  local rows, err = store:members()
  local belongings = {}
  for name, row in pairs(rows or {}) do
    belongings[name] = { catalog = row.catalog, id = row.label, epoch = row.epoch }
  end
  return rows and belongings, err
end

-- Marks those that mean another zone than when that was last written down.
local function mark_renewed(belongings, before)
  for name, belongs in pairs(belongings or {}) do
    belongs.renewed = before[name] ~= nil and belongs.epoch ~= before[name].epoch
  end
end

--- Adds to a policy what its catalogs list.
---@param policy understudy.Policy
---@param store understudy.Store
---@return understudy.Policy? expanded
---@return understudy.Error? err
function M.by_store(policy, store)
  local published = {}
  for _, catalog in ipairs(members.catalogs(policy)) do
    local zones, err = chain.newest(store, catalog.name)
    if not zones then
      return nil, err
    end
    published[catalog.name] = zones.publication
  end
  local before, err = remembered(store)
  if not before then
    return nil, err
  end
  local expanded = members.expand(policy, function(name)
    return published[name]
  end, before)
  mark_renewed(expanded.belongings, before)
  return expanded
end

-- Whether two belongings are the same.
local function same(one, other)
  return other and one.catalog == other.catalog and one.id == other.id and one.epoch == other.epoch
end

-- Members of before that are none now, and those of them that the policy has not itself.
local function gone_of(before, now, policy)
  local own, gone, ended = {}, {}, {}
  for _, zone in ipairs(policy.zones) do
    own[zone.name] = true
  end
  for name in pairs(before) do
    gone[#gone + 1] = not now[name] and name or nil
    ended[#ended + 1] = not now[name] and not own[name] and name or nil
  end
  return gone, ended
end

-- Writes down where members come from, if that is not what it was.
local function save(store, policy)
  local before, err = remembered(store)
  if not before then
    return nil, err
  end
  local now, rows = policy.belongings or {}, {}
  for name, belongs in pairs(now) do
    if not same(belongs, before[name]) then
      rows[#rows + 1] = { zone = name, catalog = belongs.catalog, label = belongs.id, epoch = belongs.epoch }
    end
  end
  local gone, ended = gone_of(before, now, policy)
  return #rows == 0 and #gone == 0 or store:save_members(rows, gone, ended)
end

--- Has the store remember where the members of a policy come from. Where it can't, a restart goes by what it had.
---@param store understudy.Store
---@param policy understudy.Policy
---@param log table
function M.remember(store, policy, log)
  local ok, err = save(store, policy)
  if not ok then
    log:warning("of which catalog each zone is could not be written down: %s", err.message)
  end
end

return M
