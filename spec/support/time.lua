--- time: tasks in a time that passes only when all of them wait.
--
-- Tasks are coroutines, each of a process; the clock jumps to the next moment at which one of them wants to go on. A
-- process can be killed, which ends its tasks, or stopped for a while, which holds them. Tasks that are ready at the
-- same moment go on in the order in which they became so, or, with `random`, in any order.

local M = {}

local Time = {}
Time.__index = Time

---@param random? fun(): number  0 to 1, which shuffles what is ready at once
---@return table time
function M.new(random)
  return setmetatable({
    now = 0, random = random, number = 0,
    waits = {}, -- {at=, number=, task=}, latest first; those that are not their task's newest are skipped
    ready = {}, -- tasks
    dead = {}, -- processes
    stopped = {}, -- by process: until when
  }, Time)
end

-- Lets a task wait until a moment; for ever is no entry at all.
local function wait(self, task, at)
  self.number = self.number + 1
  task.wait = self.number
  if at == math.huge then
    return
  end
  local waits, low, high = self.waits, 1, #self.waits + 1
  while low < high do
    local middle = (low + high) // 2
    if waits[middle].at > at then
      low = middle + 1
    else
      high = middle
    end
  end
  table.insert(waits, low, { at = at, number = self.number, task = task })
end

local function resume(self, task)
  self.running = task
  local ok, wake_at = coroutine.resume(task.co, task.value)
  self.running = nil
  if not ok then
    error(type(wake_at) == "table" and wake_at or debug.traceback(task.co, tostring(wake_at)), 0)
  elseif coroutine.status(task.co) ~= "dead" then
    wait(self, task, wake_at)
  end
end

-- Ends the wait of a task; what it gets is what its wait returns.
local function wake(self, task, value)
  if task.wait then
    task.wait, task.value = nil, value
    self.ready[#self.ready + 1] = task
  end
end

--- Starts a task of a process.
---@param process any
---@param fn fun()
function Time:spawn(process, fn)
  self.ready[#self.ready + 1] = { co = coroutine.create(fn), process = process }
end

--- Ends all tasks of a process.
---@param process any
function Time:kill(process)
  self.dead[process] = true
end

--- Stops a process for some seconds, as SIGSTOP would.
---@param process any
---@param seconds number
function Time:stop(process, seconds)
  self.stopped[process] = self.now + seconds
end

local function take_ready(self)
  local ready = self.ready
  self.ready = {}
  if self.random then
    for i = #ready, 2, -1 do
      local j = 1 + math.floor(self.random() * i)
      ready[i], ready[j] = ready[j], ready[i]
    end
  end
  return ready
end

--- Lets all run that can at this moment.
function Time:settle()
  while #self.ready > 0 do
    for _, task in ipairs(take_ready(self)) do
      local stopped_until = self.stopped[task.process] or 0
      if stopped_until > self.now then
        wait(self, task, stopped_until)
      elseif not self.dead[task.process] then
        resume(self, task)
      end
    end
  end
end

-- The next wait that still counts.
local function next_wait(self)
  local waits = self.waits
  while waits[#waits] do
    local entry = waits[#waits]
    if entry.task.wait == entry.number and not self.dead[entry.task.process] then
      return entry
    end
    waits[#waits] = nil
  end
end

--- Goes to the next moment at which a task goes on; false if that is after `limit`.
---@param limit number
---@return boolean
function Time:step(limit)
  local entry = next_wait(self)
  if not entry or entry.at > limit then
    return false
  end
  self.now = math.max(self.now, entry.at)
  while entry and entry.at <= self.now do
    self.waits[#self.waits] = nil
    wake(self, entry.task, false)
    entry = next_wait(self)
  end
  self:settle()
  return true
end

--- Lets so many seconds pass.
---@param seconds number
function Time:run(seconds)
  local limit = self.now + seconds
  self:settle()
  while self:step(limit) do end -- luacheck: ignore 542
  self.now = limit
end

local function condition(self)
  local waiters = {}
  return {
    wait = function(_, seconds)
      local task = self.running
      waiters[#waiters + 1] = task
      local woken = coroutine.yield(self.now + (seconds or math.huge))
      for i, waiter in ipairs(waiters) do
        if waiter == task then
          table.remove(waiters, i)
          break
        end
      end
      return woken
    end,
    signal = function()
      local list = waiters
      waiters = {}
      for _, task in ipairs(list) do
        wake(self, task, true)
      end
    end,
  }
end

--- The clock of a process, whose wall time can be set apart.
---@param start number seconds since the epoch
---@return understudy.Clock clock with :step(seconds)
function Time:clock(start)
  local time, offset = self, start
  return {
    now = function()
      return offset + time.now
    end,
    monotonic = function()
      return time.now
    end,
    sleep = function(seconds)
      coroutine.yield(time.now + seconds)
    end,
    condition = function()
      return condition(time)
    end,
    step = function(_, seconds)
      offset = offset + seconds
    end,
  }
end

return M
