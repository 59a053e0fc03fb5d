--- queue: which zones may have changed. One entry a zone, however many events, leased to one worker.
--
-- Every mark takes the next number. A lease carries the number of the newest mark that it covers; a mark
-- that comes later puts the zone back in the queue when the lease ends, so no event is lost.

local names = require "understudy.sync.names"

local M = {}

local Queue = {}
Queue.__index = Queue
Queue.__name = "understudy.Queue"

---@param counter? {number: integer} of the last mark; several queues can share it
---@return table queue
function M.new(counter)
  return setmetatable({
    counter = counter or { number = 0 },
    entries = {}, -- by zone: {zone=, number=, causes=, names=, leased=}, small, as all zones can wait at once
    order = {}, -- zones that wait, oldest first
    first = 1,
    last = 0,
  }, Queue)
end

local function push(queue, entry)
  queue.last = queue.last + 1
  queue.order[queue.last] = entry
end

-- The causes of an entry are nil, one, or a list.
local function add_cause(entry, cause)
  local causes = entry.causes
  if not causes then
    entry.causes = cause
  elseif type(causes) == "string" then
    entry.causes = causes ~= cause and { causes, cause } or causes
  else
    for _, known in ipairs(causes) do
      if known == cause then
        return
      end
    end
    causes[#causes + 1] = cause
  end
end

local function text_of(causes)
  return type(causes) == "table" and table.concat(causes, ", ") or causes
end

--- Says that a zone may have changed.
---@param zone string
---@param cause string for people
---@param event? understudy.Event|false what of it; false: nothing of its source, but something that it is made with
---@return integer number a lease with this number or a higher one covers the mark
function Queue:mark(zone, cause, event)
  local number = self.counter.number + 1
  self.counter.number = number
  local entry = self.entries[zone]
  if not entry then
    entry = { zone = zone, number = number, causes = cause, names = nil }
    self.entries[zone] = entry
    push(self, entry)
  end
  entry.number = number
  add_cause(entry, cause)
  if event ~= false then
    entry.names = names.with(entry.names, zone, event)
  end
  return number
end

--- How many zones wait.
---@return integer
function Queue:waiting()
  return self.last - self.first + 1
end

--- Takes the zone that waits longest.
---@return {zone: string, number: integer, cause: string, names: understudy.Names}? lease to be ended with `done`; nil
---  if none waits
function Queue:take()
  if self:waiting() == 0 then
    return nil
  end
  local entry = self.order[self.first]
  self.order[self.first] = nil
  self.first = self.first + 1
  local lease = {
    zone = entry.zone, number = entry.number, cause = text_of(entry.causes), names = entry.names or names.none(),
  }
  entry.leased, entry.causes, entry.names = true, nil, nil
  return lease
end

--- Ends a lease.
function Queue:done(lease)
  local entry = self.entries[lease.zone]
  assert(entry and entry.leased, "the zone is not leased")
  entry.leased = nil
  if entry.number > lease.number then
    push(self, entry)
  else
    self.entries[lease.zone] = nil
  end
end

--- Zones that wait or are leased.
function Queue:__len()
  local count = 0
  for _ in pairs(self.entries) do
    count = count + 1
  end
  return count
end

return M
