--- queue: which zones may have changed. One entry a zone, however many events, leased to one worker.
--
-- Every mark takes the next number. A lease carries the number of the newest mark that it covers; a mark
-- that comes later puts the zone back in the queue when the lease ends, so no event is lost.

local M = {}

local Queue = {}
Queue.__index = Queue
Queue.__name = "understudy.Queue"

---@param clock understudy.Clock
---@param number? integer that the first mark's follows; higher than any of an earlier process
---@return table queue
function M.new(clock, number)
  return setmetatable({
    number = number or 0,
    entries = {}, -- by zone: {zone, number, causes, leased}
    order = {}, -- zones that wait, oldest first
    first = 1,
    last = 0,
    filled = clock.condition(),
  }, Queue)
end

local function push(queue, entry)
  queue.last = queue.last + 1
  queue.order[queue.last] = entry
  queue.filled:signal()
end

local function add_cause(causes, cause)
  for _, known in ipairs(causes) do
    if known == cause then
      return
    end
  end
  causes[#causes + 1] = cause
end

--- Says that a zone may have changed.
---@param zone string
---@param cause string for people
---@return integer number a lease with this number or a higher one covers the mark
function Queue:mark(zone, cause)
  self.number = self.number + 1
  local entry = self.entries[zone]
  if not entry then
    entry = { zone = zone, causes = {}, leased = false }
    self.entries[zone] = entry
    push(self, entry)
  end
  entry.number = self.number
  add_cause(entry.causes, cause)
  return self.number
end

--- Takes the zone that waits longest; waits for one.
---@return {zone: string, number: integer, cause: string} lease to be ended with `done`
function Queue:take()
  while self.first > self.last do
    self.filled:wait()
  end
  local entry = self.order[self.first]
  self.order[self.first] = nil
  self.first = self.first + 1
  local lease = { zone = entry.zone, number = entry.number, cause = table.concat(entry.causes, ", ") }
  entry.leased, entry.causes = true, {}
  return lease
end

--- Ends a lease.
function Queue:done(lease)
  local entry = self.entries[lease.zone]
  assert(entry and entry.leased, "the zone is not leased")
  entry.leased = false
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
