--- deletions: what events said to be deleted in a history: when that was written down, what was answered to who said
-- it, and what a source has shown since.

local M = {}

local Deletions = {}
Deletions.__index = Deletions

---@param world table
---@return table
function M.new(world)
  return setmetatable({
    world = world,
    written = {}, -- by origin and owner: when it was last written down
    kept = {}, -- by the same, what nobody may forget: {from=, at=, process=} when it was said and answered, and by whom
  }, Deletions)
end

--- Says it to a process. One that answers, and has the zone, knows it from then on.
---@param process table
---@param origin string
---@param event understudy.Event
function Deletions:tell(process, origin, event)
  local world, sync = self.world, process.sync
  local from = world.time.now
  local ticket = sync:tell(origin, "event", { event })
  if ticket and event.gone then
    self.kept[origin .. " " .. event.owner] = {
      from = from, at = world.time.now, process = sync.zones[origin].lease and process,
    }
  end
end

--- Before a process asks the store: which zones it takes up that it does not have.
---@param process table
---@param name string
---@param zones any
function Deletions:asks(process, name, _, zones)
  for _, origin in ipairs(name == "claim" and process.sync and zones or {}) do
    if not process.sync.zones[origin].lease then
      process.claimed[origin] = self.world.time.now
    end
  end
end

--- When events were written down.
function Deletions:posted(origin, events)
  for _, event in ipairs(events or {}) do
    if event.gone then
      self.written[origin .. " " .. event.owner:match "^[^.]*"] = self.world.time.now
    end
  end
end

--- When a name is seen again, or is accepted as gone, what was said before proves nothing any more.
---@param origin string
---@param zone any
---@param present boolean whether those count that are in the zone, else those that are not
function Deletions:settle(origin, zone, present)
  for key in pairs(self.kept) do
    local of, owner = key:match "^(%S+) (%S+)$"
    if of == origin and (zone:lookup(owner, "A") ~= nil) == present then
      self.kept[key] = nil
    end
  end
end

--- Whether a process lacks the proof that a name is deleted, which must not be: it was said before the zone was read,
--- not too long ago, and the process had it in its hand or took the zone up later.
---@param process table
---@param zone understudy.SyncZone
---@param seconds number for how long it proves it
---@return string? owner
function Deletions:lost(process, zone, seconds)
  for key, since in pairs(zone.seen and zone.seen.missing or {}) do
    local owner = key:match "^[^.]*"
    local kept = since ~= -math.huge and self.kept[zone.name .. " " .. owner]
    local known = kept and (kept.process == process or (process.claimed[zone.name] or 0) > kept.at)
    if known and zone.read_at > kept.at and zone.read_at - kept.from <= seconds then
      return owner
    end
  end
end

return M
