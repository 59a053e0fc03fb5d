--- together: does what may wait, much of it at the same time, and not longer than until a deadline.

local codec = require "understudy.store.codec"
local condition = require "cqueues.condition"
local core = require "understudy.core"
local cqueues = require "cqueues"
local log = require "understudy.log"
local task = require "understudy.task"

local M = {}

local AT_ONCE <const> = 128
local ENDS_WITHIN <const> = 1 -- seconds, of a thread that has done its work

--- Calls fn(item) for each item of a list. Gives what they returned, by the place of the item; nothing stands where the
--- deadline came first.
---@generic T
---@param list T[]
---@param deadline number in the time of cqueues.monotime
---@param fn fun(item: T): any
---@return table<integer, any>
function M.map(list, deadline, fn)
  local results, next_index, left, ended = {}, 1, #list, condition.new()
  for _ = 1, math.min(AT_ONCE, #list) do
    task.spawn(cqueues.running(), "doctor", function()
      while list[next_index] do
        local i = next_index
        next_index = i + 1
        results[i] = fn(list[i])
        left = left - 1
      end
      ended:signal()
    end, log.new())
  end
  while left > 0 and cqueues.monotime() < deadline do
    ended:wait(deadline - cqueues.monotime())
  end
  return results
end

--- A say() that keeps what is said, for a thread that can't say it itself; and the list of that, for `retell`.
---@return fun(...)
---@return table[]
function M.keeper()
  local list = {}
  return function(...)
    list[#list + 1] = table.pack(...)
  end, list
end

--- Says what was kept.
---@param list table[]
---@param say function
function M.retell(list, say)
  for _, said in ipairs(list) do
    say(table.unpack(said, 1, said.n))
  end
end

--- Calls a function of a module on a thread of its own, as nothing can end its waiting for a disk or a server.
---@param deadline number
---@param module string
---@param name string
---@param ... any what core.pack takes
---@return any result  nil and why, if it failed or the deadline came first
---@return string? problem
function M.aside(deadline, module, name, ...)
  local cqueues_thread = require "cqueues.thread"
  local thread, socket = cqueues_thread.start(function(socket, path, cpath, module_name, function_name, words)
    package.path, package.cpath = path, cpath
    local packed = require "understudy.core"
    local arguments = packed.unpack(words)
    local ok, result = xpcall(require(module_name)[function_name], debug.traceback,
      table.unpack(arguments, 1, arguments.n))
    require("understudy.store.codec").write(socket, { ok = ok, result = result })
  end, package.path, package.cpath, module, name, core.pack(table.pack(...)))
  socket:onerror(function(_, _, why)
    return why
  end)
  socket:settimeout(math.max(deadline - cqueues.monotime(), 0))
  local answer = codec.read(socket)
  if not answer then
    return nil, "it does not come to an end in time"
  end
  thread:join(ENDS_WITHIN) -- what it has of libcrypto is freed before the process ends
  if not answer.ok then
    error(answer.result, 0)
  end
  return answer.result
end

return M
