--- false_clock: a process whose wall clock says what a test wants, while its timers go on (libfaketime).
---
---   local clock = false_clock.new(folder)              -- nil, why: it can't be had here
---   daemon.start(folder, { words = clock.words })
---   clock:set "+400d"                                  -- or "-400s", "@2038-01-20 00:00:00"
local command = require "spec.support.command"

local M = {}

local LIBRARY <const> = "/usr/lib/*-linux-gnu/faketime/libfaketimeMT.so.1"
local ALWAYS <const> = "TZ=UTC FAKETIME_NO_CACHE=1 NO_FAKE_STAT=1"
local WALL_ONLY <const> = "FAKETIME_DONT_FAKE_MONOTONIC=1"

local Clock = {}
Clock.__index = Clock

--- Sets the clock of those that run with `words`.
---@param word string as faketime takes it: an offset or, behind "@", a date in UTC
function Clock:set(word)
  command.replace(self.path, word .. "\n")
end

-- What a program sees of it: the year, as Lua says it.
local function year_seen(self)
  local seen = command.shell(("timeout -k 1 5 env %s %s -e 'print(os.date \"!%%Y\")'"):format(self.words,
    os.getenv "LUA_HOST" or "lua5.4")) -- with the address sanitizer it stands still
  return tonumber(seen.out), seen.err
end

--- A clock that is right.
---@param folder string where it keeps what it says
---@param timers? boolean what it is set to is passed for timers too, as if the process had stood still
---@return table? clock
---@return string? why
function M.new(folder, timers)
  local pipe <close> = assert(io.popen(("ls %s 2>/dev/null"):format(LIBRARY)))
  local library = pipe:read "l"
  if not library then
    return nil, "libfaketime is not installed (Debian's faketime)"
  end
  local self = setmetatable({ path = folder .. "/clock" }, Clock)
  self.words = ("%s %s FAKETIME_TIMESTAMP_FILE=%s LD_PRELOAD=%s"):format(ALWAYS, timers and "" or WALL_ONLY,
    command.quoted(self.path), command.quoted(library))
  self:set "@2106-02-08 00:00:00"
  local year, said = year_seen(self)
  if year ~= 2106 then
    return nil, "libfaketime does not go together with this Lua: " .. said
  end
  self:set "+0"
  return self
end

return M
