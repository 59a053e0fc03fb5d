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
    heap = {}, whens = {}, -- keys in the order of a heap, and the times for that; no tables, for there are many
    times = {}, -- by key; what is no longer in `times` at its time in the heap is skipped
    count = 0, -- of keys
    earlier = clock.condition(), -- signalled when the next time comes nearer
  }, Schedule)
end

local function swap(schedule, i, j)
  local heap, whens = schedule.heap, schedule.whens
  heap[i], heap[j] = heap[j], heap[i]
  whens[i], whens[j] = whens[j], whens[i]
end

local function push(schedule, key, when)
  local heap, whens = schedule.heap, schedule.whens
  local i = #heap + 1
  heap[i], whens[i] = key, when
  while i > 1 and whens[i] < whens[i // 2] do
    swap(schedule, i, i // 2)
    i = i // 2
  end
end

local function sift_down(schedule)
  local whens, i = schedule.whens, 1
  while true do
    local least = i
    for child = 2 * i, 2 * i + 1 do
      if whens[child] and whens[child] < whens[least] then
        least = child
      end
    end
    if least == i then
      return
    end
    swap(schedule, i, least)
    i = least
  end
end

local function pop(schedule)
  local heap, whens = schedule.heap, schedule.whens
  local key, last = heap[1], #heap
  heap[1], whens[1] = heap[last], whens[last]
  heap[last], whens[last] = nil, nil
  sift_down(schedule)
  return key
end

-- Drops entries whose key was moved or cancelled meanwhile.
local function clean(schedule)
  local heap, whens, times = schedule.heap, schedule.whens, schedule.times
  while heap[1] and times[heap[1]] ~= whens[1] do
    pop(schedule)
  end
end

-- Drops all that is skipped anyway once that is most of the heap: keys that are moved again and again leave as much
-- behind as there are moves.
local function shrink(schedule)
  if #schedule.heap <= HEAP_MIN + 2 * schedule.count then
    return
  end
  schedule.heap, schedule.whens = {}, {}
  for key, when in pairs(schedule.times) do
    push(schedule, key, when)
  end
end

--- Sets the time of a key, in place of the one it had.
---@param key any
---@param when number monotonic seconds
function Schedule:at(key, when)
  local next_time = self:next()
  self.count = self.count + (self.times[key] and 0 or 1)
  self.times[key] = when
  shrink(self)
  push(self, key, when)
  if not next_time or when < next_time then
    self.earlier:signal()
  end
end

---@param key any
function Schedule:cancel(key)
  self.count = self.count - (self.times[key] and 1 or 0)
  self.times[key] = nil
end

--- The time of a key; nil if it has none.
---@param key any
---@return number?
function Schedule:when(key)
  return self.times[key]
end

--- The next time at which something is due.
---@return number?
function Schedule:next()
  clean(self)
  return self.whens[1]
end

--- Takes out the keys whose time has come, earliest first.
---@param now number
---@return any[]
function Schedule:due(now)
  local keys = {}
  while (self:next() or math.huge) <= now do
    local key = pop(self)
    self.times[key], self.count = nil, self.count - 1
    keys[#keys + 1] = key
  end
  return keys
end

return M
