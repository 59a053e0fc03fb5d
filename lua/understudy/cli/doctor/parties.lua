--- parties: the sources and targets of a policy, each once, with some of their zones. Policies can have 100,000 zones,
-- and few of these.

local M = {}

local ZONES_MAX <const> = 3

---@class understudy.DoctorParty
---@field what table      the source or target
---@field zones string[]  some of its zones, catalogs after all others
---@field count integer   of all its zones

local function note(parties, what, zone)
  local party = parties[what]
  if not party then
    party = { what = what, zones = {}, catalogs = {}, count = 0 }
    parties[what], parties[#parties + 1] = party, party
  end
  if zone then
    party.count = party.count + 1
    local list = (zone.members or zone.source.assign) and party.catalogs or party.zones
    list[#list + 1] = #list < ZONES_MAX and zone.name or nil
  end
end

-- What the members of a catalog come from and go to. Which members there are is known of an expanded policy.
local function note_members(sources, lists, members)
  note(sources, members.source)
  note(lists, members.targets)
  for _, options in pairs(members.groups) do
    note(sources, options.source)
    note(lists, options.targets)
  end
end

-- Lists of targets are few too.
local function of_lists(lists)
  local targets = {}
  for _, list in ipairs(lists) do
    for _, target in ipairs(list.what) do
      note(targets, target)
      local party = targets[target]
      party.count = party.count + list.count
      for _, kind in ipairs { "zones", "catalogs" } do
        table.move(list[kind], 1, math.min(#list[kind], ZONES_MAX - #party[kind]), #party[kind] + 1, party[kind])
      end
    end
  end
  return targets
end

-- Catalogs are asked for in other ways, so only where there is nothing else.
local function finish(parties)
  for _, party in ipairs(parties) do
    party.is_catalog = #party.zones == 0 and #party.catalogs > 0
    party.zones = party.is_catalog and party.catalogs or party.zones
  end
  return parties
end

--- The sources and targets of a policy.
---@param policy understudy.Policy
---@return understudy.DoctorParty[] sources
---@return understudy.DoctorParty[] targets
function M.of(policy)
  local sources, lists = {}, {}
  for _, zone in ipairs(policy.zones) do
    note(sources, zone.source, zone)
    note(lists, zone.targets, zone)
    if zone.members then
      note_members(sources, lists, zone.members)
    end
  end
  return finish(sources), finish(of_lists(lists))
end

return M
