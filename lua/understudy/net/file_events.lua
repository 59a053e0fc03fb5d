--- file_events: files that the system says were replaced, written or taken away, on the event loop.
--
-- The system tells nothing of what other machines do to a shared disk, of files behind symbolic links, and of folders
-- beyond a limit. So who hears of files here looks at them by itself too, now and then.

local cqueues = require "cqueues"
local core = require "understudy.core"
local path = require "understudy.path"

local M = {}

local Events = {}
Events.__index = Events
Events.__name = "understudy.FileEvents"

--- Begins to listen.
---@return table? events
---@return understudy.Error? err
function M.open()
  local watch, err = core.watch()
  if not watch then
    return nil, err
  end
  return setmetatable({
    watch = watch,
    folders = {}, -- paths by number
    numbers = {}, -- false: it can't be watched
  }, Events)
end

--- Hears of the files in a folder too.
---@param folder string
function Events:add(folder)
  if self.numbers[folder] == nil then
    local number = self.watch:add(folder)
    self.numbers[folder] = number or false
    if number then
      self.folders[number] = folder
    end
  end
end

--- What happened next: a file was "replaced" as a whole, "written" or "removed"; or anything may have happened, "lost".
---@param timeout number seconds to wait at most
---@return "replaced"|"written"|"removed"|"lost"|nil kind nil when the time is over
---@return string? name of the file, with its folder
function Events:next(timeout)
  local deadline = cqueues.monotime() + timeout
  while true do
    local kind, number, name = self.watch:next()
    local folder = self.folders[number]
    if kind == "gone" and folder then
      self.folders[number], self.numbers[folder] = nil, nil
    elseif kind == "lost" then
      return kind
    elseif folder then
      return kind, path.join(folder, name)
    elseif not kind then
      local left = deadline - cqueues.monotime()
      if left <= 0 then
        return nil
      end
      cqueues.poll(self.watch, left)
    end
  end
end

--- Hears no more.
function Events:close()
  cqueues.cancel(self.watch:pollfd()) -- the loop must forget a descriptor before it is closed
  self.watch:close()
end

Events.__close = Events.close

return M
