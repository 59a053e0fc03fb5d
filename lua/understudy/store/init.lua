--- store: what outlives the process: what was pulled and published, answers, deliveries, who has which zone.
--
-- `open` gives a store whose methods yield while a thread does the work; `direct` one whose methods
-- block, for commands and tests. The methods are the functions in store/operations/. Each returns a value,
-- or nil and an error.

local codec = require "understudy.store.codec"
local operations = require "understudy.store.operations"
local uerror = require "understudy.error"

local M = {}

local CLOSE_WITHIN <const> = 3 -- seconds

---@class understudy.Store
local Store = {}
Store.__index = Store
Store.__name = "understudy.Store"

for name in pairs(operations) do
  Store[name] = function(self, ...)
    return self.call(name, ...)
  end
end

--- Visits all answers, a page at a time, so that a million of them are never in memory at once.
---@param visit fun(answer: table)
---@return boolean? ok
---@return understudy.Error? err
function Store:each_answer(visit)
  local last
  repeat
    local rows, err = self:answers(last)
    if not rows then
      return nil, err
    end
    for _, answer in ipairs(rows) do
      visit(answer)
    end
    last = rows[#rows]
  until not last
  return true
end

--- Seconds for which the oldest call under way has waited; 0 if there is none.
---@return number
function Store:waiting()
  return self.waited()
end

function Store:close()
  self.finish()
end

Store.__close = Store.close

-- A function that sends one frame at a time: the frames of two tasks must not mix. It says whether that went well.
local function sender(socket, clock)
  local busy, freed = false, clock.condition()
  return function(frame)
    while busy do
      freed:wait()
    end
    busy = true
    local ok, problem = pcall(codec.write, socket, frame)
    busy = false
    freed:signal()
    return ok, problem
  end
end

-- A function that makes calls, and one that tells how long the oldest one waits. The calls under way stand by their
-- numbers; a task brings them their answers.
local function connect(socket, clock, spawn)
  local send = sender(socket, clock)
  local waiting, last_id, lost = {}, 0, nil

  local function receive()
    local ok, reply
    repeat
      ok, reply = pcall(codec.read, socket)
      if ok and reply then
        local call = waiting[reply.id]
        waiting[reply.id] = nil
        call.reply = reply
        call.answered:signal()
      end
    until not ok or not reply
    lost = { code = "io", message = ok and "the store has stopped" or "the store has stopped: " .. tostring(reply) }
    for _, call in pairs(waiting) do
      call.reply = { err = lost }
      call.answered:signal()
    end
  end

  spawn("store", receive)
  return function(operation, ...)
    if lost then
      return nil, uerror.new(lost)
    end
    last_id = last_id + 1
    local id, call = last_id, { answered = clock.condition(), since = clock.monotonic() }
    waiting[id] = call
    local sent, problem = send { id = id, operation = operation, count = select("#", ...), arguments = { ... } }
    if not sent then
      waiting[id] = nil
      return nil, uerror.new { code = "io", message = "the store can't be asked: " .. tostring(problem) }
    end
    while not call.reply do
      call.answered:wait()
    end
    return call.reply.value, call.reply.err and uerror.new(call.reply.err)
  end, function()
    local oldest = clock.monotonic()
    for _, call in pairs(waiting) do
      oldest = math.min(oldest, call.since)
    end
    return clock.monotonic() - oldest
  end
end

--- Makes a store of a function that does its operations, wherever it does them.
---@param call fun(operation: string, ...): any, understudy.Error?
---@param finish fun()
---@param waited? fun(): number for how long the oldest call waits
---@return understudy.Store
function M.over(call, finish, waited)
  return setmetatable({ call = call, finish = finish, waited = waited or function()
    return 0
  end }, Store)
end

--- Opens a store on a thread of its own. To be called in a task of the loop.
---@param path string of the database, see understudy.store.database
---@param clock understudy.Clock
---@param spawn fun(name: string, fn: fun())
---@return understudy.Store? store
---@return understudy.Error? err
function M.open(path, clock, spawn)
  local thread, socket = require("understudy.store.thread").start(path)
  local ok, opened = pcall(codec.read, socket)
  if not ok or not opened or not opened.value then
    socket:close()
    local why = "the store does not start" .. (ok and "" or ": " .. tostring(opened))
    return nil, uerror.new(ok and opened and opened.err or { code = "io", message = why })
  end
  local call, waited = connect(socket, clock, spawn)
  return M.over(call, function()
    -- What was sent before is still done: the thread reads to the end and then stops. If the database stands still
    -- the process does not wait for it: what nobody was told of may be lost.
    socket:shutdown "w"
    thread:join(CLOSE_WITHIN)
  end, waited)
end

--- Opens a store in this thread.
---@param path string of the database, see understudy.store.database; ":memory:" for one that is forgotten
---@param options? {readonly?: boolean}
---@return understudy.Store? store
---@return understudy.Error? err
function M.direct(path, options)
  local db, err = require("understudy.store.database").open(path, options)
  if not db then
    return nil, err
  end
  return M.over(function(operation, ...)
    return operations[operation](db, ...)
  end, function()
    db:close()
  end)
end

return M
