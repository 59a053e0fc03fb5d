--- file_watch: when the files of zones may have changed: by what the system tells of them at once, and by looking at
--- each of them now and then, for it does not tell of all.
--
-- A file that was replaced is whole. One that was written, or looks other, may be in the middle of it: that is news
-- when it looks the same at two looks.

local lfs = require "lfs"
local path = require "understudy.path"

local M = {}

local LOOK_EVERY <const> = 0.5
local SETTLE <const> = 0.1 -- seconds between two looks at a file that was written
local FILES_A_SECOND <const> = 1000
local FILES_A_TURN <const> = 1000 -- until others have theirs
-- A file younger than its time stamps can tell may be written again and look the same.
local STAMP_STEP <const> = 2

M.ABSENT = "absent"

--- How a file looks, and whether it may still change without looking other.
---@param name string
---@param now number
---@return string look
---@return boolean young
function M.look_at(name, now)
  local seen = lfs.attributes(name)
  if not seen then
    return M.ABSENT, false
  end
  -- Short enough for Lua to keep it once, wherever it is remembered.
  local look = string.pack("<i8i8i8i8i8", seen.dev, seen.ino, seen.size, seen.modification, seen.change)
  return look, now - math.max(seen.modification, seen.change) < STAMP_STEP
end

-- All by the name of the zone, in flat tables: there are many.
local Watch = {}
Watch.__index = Watch

-- Knows the file of a zone, and hears of it.
local function add(self, zone_name)
  local file = self.path_of(zone_name)
  if self.zones[file] ~= zone_name then
    self.zones[file] = zone_name
  end
  if self.events then
    self.events:add(path.folder(file))
  end
  return file
end

-- Notes how a file looks, and how it looked when that was told last.
local function note(self, zone_name, look, told)
  self.looks[zone_name], self.told[zone_name] = look, told ~= look and told or nil
end

local function tell(self, zone_name, look, young)
  note(self, zone_name, look, look)
  self.told_young[zone_name] = young or nil
  self.on_event(zone_name)
end

-- Looks at a file; whether it looks as it was last told of.
local function look_at(self, zone_name, file)
  local look, young = M.look_at(file, self.clock.now())
  local before = self.looks[zone_name]
  local told = self.told[zone_name] or before
  if not before then
    -- The first pull may have come before this look or come after it: told, and not for good.
    note(self, zone_name, look, look)
    self.told_young[zone_name] = true
  elseif look == before and (told ~= look or self.told_young[zone_name] and not young) then
    tell(self, zone_name, look, young)
  else
    note(self, zone_name, look, told)
  end
  return not self.told[zone_name]
end

local function look_at_unsettled(self)
  for zone_name in pairs(self.unsettled) do
    self.unsettled[zone_name] = not look_at(self, zone_name, self.path_of(zone_name)) or nil
  end
end

-- Looks at the next so many files.
local function look_at_some(self)
  local names = self.zone_names
  for _ = 1, math.min(#names, math.ceil(FILES_A_SECOND * LOOK_EVERY)) do
    self.position = self.position % #names + 1
    look_at(self, names[self.position], add(self, names[self.position]))
  end
end

local function take(self, kind, file)
  local zone_name = self.zones[file]
  if kind == "lost" then
    for _, known in pairs(self.zones) do
      self.unsettled[known] = true
    end
  elseif not zone_name then
    return
  elseif kind == "written" then
    self.unsettled[zone_name] = true
    -- Whatever it is, it is news, also of a file that was not looked at before.
    self.looks[zone_name] = self.looks[zone_name] or ""
    look_at(self, zone_name, file)
  else
    tell(self, zone_name, M.look_at(file, self.clock.now()))
  end
end

-- Waits until it is time to look at files again.
local function hear(self)
  if not self.events then
    self.clock.sleep(LOOK_EVERY)
    return
  end
  local monotonic = self.clock.monotonic
  local deadline = monotonic() + LOOK_EVERY
  local left = LOOK_EVERY
  while left > 0 do
    local kind, name = self.events:next(next(self.unsettled) and math.min(left, SETTLE) or left)
    if kind then
      take(self, kind, name)
    else
      look_at_unsettled(self)
    end
    left = deadline - monotonic()
  end
end

--- Calls on_event(zone_name) when the file of a zone may have changed. Runs until there is no zone any more.
---@param zone_names string[] may change meanwhile
---@param path_of fun(zone_name: string): string
---@param on_event fun(zone_name: string)
---@param context {clock: understudy.Clock, file_events?: fun(): table?} what opens an understudy.net.file_events
function M.run(zone_names, path_of, on_event, context)
  local events <close> = context.file_events and context.file_events() or nil
  local self = setmetatable({
    zone_names = zone_names, path_of = path_of, on_event = on_event, clock = context.clock, events = events,
    zones = {}, -- by file
    looks = {}, told = {}, -- told: where it is not as it looks
    told_young = {}, unsettled = {}, position = 0,
  }, Watch)
  for i, zone_name in ipairs(zone_names) do
    add(self, zone_name)
    if i % FILES_A_TURN == 0 then
      self.clock.sleep(0)
    end
  end
  while #zone_names > 0 do
    look_at_some(self)
    hear(self)
  end
end

return M
