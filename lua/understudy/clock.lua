--- clock: time and waiting, as the modules of the loop are handed them.
--
-- Timers count monotonic seconds; wall time is only for what people, stores and signatures need. A
-- simulation hands in another table of the same shape.

local M = {}

---@class understudy.Clock
---@field now fun(): number            seconds since the epoch
---@field monotonic fun(): number      seconds since some moment, never turned back
---@field sleep fun(seconds: number)   lets others run meanwhile
---@field condition fun(): table       has :wait([seconds]) → true if woken, and :signal(), which wakes all

--- The clock of this machine, for coroutines of a cqueues controller.
---@return understudy.Clock
function M.system()
  local cqueues = require "cqueues"
  local condition = require "cqueues.condition"
  return {
    now = function()
      return os.time() + 0.0
    end,
    monotonic = cqueues.monotime,
    sleep = cqueues.sleep,
    condition = condition.new,
  }
end

return M
