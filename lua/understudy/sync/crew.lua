--- crew: the tasks that work at what waits. Each source has a queue and some workers of its own, so that one that
-- hangs delays no zone of another.

local queue = require "understudy.sync.queue"

local M = {}

--- Workers of a source at a time, unless the policy says otherwise.
M.A_SOURCE = 8
--- Workers of all sources together; when they are too few, the queues take turns.
M.IN_ALL = 256
-- Zones that a worker works at until others have their turn: one that did not change is looked at without any wait.
local IN_A_ROW <const> = 4

local Crew = {}
Crew.__index = Crew
Crew.__name = "understudy.Crew"

---@param host table {spawn=, log=, clock=}
---@param number integer that the first mark's follows; higher than any of an earlier process
---@param run fun(lease: table) works at a zone
---@return table crew
function M.new(host, number, run)
  return setmetatable({
    host = host, counter = { number = number }, run = run,
    lanes = setmetatable({}, { __mode = "k" }), -- by source: {queue=, workers=, starting=, listed=}
    turns = {}, -- lanes that wait for a worker, in their order
    workers = 0,
    held = false,
  }, Crew)
end

-- Whether a lane has something to do for one more worker.
local function needs_worker(lane)
  return lane.workers < lane.at_once and lane.queue:waiting() > lane.starting
end

local function list(self, lane)
  if not lane.listed and needs_worker(lane) then
    lane.listed = true
    table.insert(self.turns, lane)
  end
end

-- The lane whose turn it is, for a worker that is free; nil if nothing waits.
local function next_lane(self)
  while self.turns[1] do
    local lane = table.remove(self.turns, 1)
    lane.listed = false
    if needs_worker(lane) then
      lane.workers, lane.starting = lane.workers + 1, lane.starting + 1
      list(self, lane)
      return lane
    end
  end
end

-- Works at one zone of a lane.
local function work(self, lane)
  local lease = lane.queue:take()
  lane.starting = lane.starting - 1
  local ok, problem = xpcall(self.run, debug.traceback, lease)
  if not ok then
    self.host.log:error("%s the work at it failed: %s", lease.zone, tostring(problem))
  end
  lane.queue:done(lease)
  lane.workers = lane.workers - 1
  list(self, lane)
end

-- Starts as many workers as there is work for.
local function employ(self)
  while not self.held and self.workers < M.IN_ALL and self.turns[1] do
    local lane = next_lane(self)
    if not lane then
      return
    end
    self.workers = self.workers + 1
    self.host.spawn("worker", function()
      local count = 0
      while lane do
        work(self, lane)
        count = count + 1
        if count % IN_A_ROW == 0 then
          self.host.clock.sleep(0)
        end
        lane = next_lane(self)
      end
      self.workers = self.workers - 1
    end)
  end
end

--- Lets what waits wait, as long as there is something that matters more, or goes on.
---@param held boolean
function Crew:hold(held)
  self.held = held
  employ(self)
end

--- Says that a zone may have changed, see understudy.sync.queue.
---@param source table of the zone
---@param zone string
---@param cause string
---@param event? understudy.Event|false
---@return integer number
function Crew:mark(source, zone, cause, event)
  local lane = self.lanes[source]
  if not lane then
    lane = {
      queue = queue.new(self.counter), workers = 0, starting = 0, listed = false,
      at_once = source.at_once or M.A_SOURCE,
    }
    self.lanes[source] = lane
  end
  local number = lane.queue:mark(zone, cause, event)
  list(self, lane)
  employ(self)
  return number
end

return M
