--- schedule: what is to be done when: a binary heap of keys by time, one time a key.

local M = {}

local HEAP_MIN <const> = 64

local Schedule = {}
Schedule.__index = Schedule
Schedule.__name = "understudy.Schedule"

---@param clock understudy.Clock
---@return table schedule
function M.new(clock)
  return setmetatable({
    heap = {}, -- {when, key}; what is no longer in `times` at that time is skipped
    times = {}, -- by key
    count = 0, -- of keys
    earlier = clock.condition(), -- signalled when the next time comes nearer
  }, Schedule)
end

local function sift_up(heap, i)
  while i > 1 and heap[i].when < heap[i // 2].when do
    heap[i], heap[i // 2] = heap[i // 2], heap[i]
    i = i // 2
  end
end

local function sift_down(heap)
  local i = 1
  while true do
    local least = i
    for child = 2 * i, 2 * i + 1 do
      if heap[child] and heap[child].when < heap[least].when then
        least = child
      end
    end
    if least == i then
      return
    end
    heap[i], heap[least] = heap[least], heap[i]
    i = least
  end
end

local function pop(heap)
  local top = heap[1]
  heap[1] = heap[#heap]
  heap[#heap] = nil
  sift_down(heap)
  return top
end

-- Drops entries whose key was moved or cancelled meanwhile.
local function clean(schedule)
  local heap = schedule.heap
  while heap[1] and schedule.times[heap[1].key] ~= heap[1].when do
    pop(heap)
  end
end

-- Drops all that is skipped anyway once that is most of the heap: keys that are moved again and again leave as much
-- behind as there are moves.
local function shrink(schedule)
  if #schedule.heap <= HEAP_MIN + 2 * schedule.count then
    return
  end
  local heap = {}
  for key, when in pairs(schedule.times) do
    heap[#heap + 1] = { when = when, key = key }
    sift_up(heap, #heap)
  end
  schedule.heap = heap
end

--- Sets the time of a key, in place of the one it had.
---@param key string
---@param when number monotonic seconds
function Schedule:at(key, when)
  local next_time = self:next()
  self.count = self.count + (self.times[key] and 0 or 1)
  self.times[key] = when
  shrink(self)
  self.heap[#self.heap + 1] = { when = when, key = key }
  sift_up(self.heap, #self.heap)
  if not next_time or when < next_time then
    self.earlier:signal()
  end
end

---@param key string
function Schedule:cancel(key)
  self.count = self.count - (self.times[key] and 1 or 0)
  self.times[key] = nil
end

--- The time of a key; nil if it has none.
---@param key string
---@return number?
function Schedule:when(key)
  return self.times[key]
end

--- The next time at which something is due.
---@return number?
function Schedule:next()
  clean(self)
  return self.heap[1] and self.heap[1].when
end

--- Takes out the keys whose time has come, earliest first.
---@param now number
---@return string[]
function Schedule:due(now)
  local keys = {}
  while (self:next() or math.huge) <= now do
    local key = pop(self.heap).key
    self.times[key], self.count = nil, self.count - 1
    keys[#keys + 1] = key
  end
  return keys
end

return M
