--- task: the one way to start a coroutine.
--
-- cqueues neither reports a coroutine that dies nor runs its <close> variables; inside xpcall both
-- happen.

local M = {}

--- Runs `fn` as a coroutine of `queue`. A failure goes to the log and ends only this task.
---@param queue any a cqueues controller
---@param name string what the task does, for the log
---@param fn fun()
---@param log table where failures go, see understudy.log
function M.spawn(queue, name, fn, log)
  queue:wrap(function()
    local ok, trace = xpcall(fn, function(err)
      return debug.traceback(tostring(err), 2)
    end)
    if not ok then
      log:error("the task '%s' failed: %s", name, trace)
    end
  end)
end

return M
