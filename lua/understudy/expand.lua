--- expand: a policy with the zones that its catalogs list, by what a store has of these catalogs.

local chain = require "understudy.store.chain"
local members = require "understudy.policy.members"

local M = {}

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
  return members.expand(policy, function(name)
    return published[name]
  end)
end

return M
