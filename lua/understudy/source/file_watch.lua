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

-- All by the path of a file, in flat tables: there are many.
local Watch = {}
Watch.__index = Watch

-- Knows a file, and hears of it.
local function add(self, zone_name)
  local name = self.path_of(zone_name)
  if self.zones[name] ~= zone_name then
    self.zones[name] = zone_name
  end
  if self.events then
    self.events:add(path.folder(name))
  end
  return name
end

local function tell(self, name, look, young)
  self.looks[name], self.told[name], self.told_young[name] = look, look, young or nil
  self.on_event(self.zones[name])
end

-- Looks at a file; whether it looks as it was last told of.
local function look_at(self, name)
  local look, young = M.look_at(name, self.clock.now())
  local before, told = self.looks[name], self.told[name]
  self.looks[name] = look
  if not before then
    -- The first pull may have come before this look or come after it: told, and not for good.
    self.told[name], self.told_young[name] = look, true
  elseif look == before and (told ~= look or self.told_young[name] and not young) then
    tell(self, name, look, young)
  end
  return self.told[name] == look
end

local function look_at_unsettled(self)
  for name in pairs(self.unsettled) do
    self.unsettled[name] = not look_at(self, name) or nil
  end
end

-- Looks at the next so many files.
local function look_at_some(self)
  local names = self.zone_names
  for _ = 1, math.min(#names, math.ceil(FILES_A_SECOND * LOOK_EVERY)) do
    self.position = self.position % #names + 1
    look_at(self, add(self, names[self.position]))
  end
end

local function take(self, kind, name)
  if kind == "lost" then
    for known in pairs(self.zones) do
      self.unsettled[known] = true
    end
  elseif not self.zones[name] then
    return
  elseif kind == "written" then
    self.unsettled[name] = true
    -- Whatever it is, it is news, also of a file that was not looked at before.
    self.looks[name], self.told[name] = self.looks[name] or "", self.told[name] or ""
    look_at(self, name)
  else
    tell(self, name, M.look_at(name, self.clock.now()))
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
    zones = {}, looks = {}, told = {}, told_young = {}, unsettled = {}, position = 0,
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
