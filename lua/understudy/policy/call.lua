--- call: runs a function of the policy so that it can neither run for ever nor wait.

local M = {}

local INSTRUCTIONS_A_LOOK <const> = 10000

--- Calls it in a thread of its own, where it can be stopped. Throws what it throws.
---@param seconds number of CPU that it may take
---@param fn function
---@return any ... what it returned
function M.call(seconds, fn, ...)
  local thread, started = coroutine.create(fn), os.clock()
  local function give_up()
    local at = debug.getinfo(2, "Sl") -- what was running
    local place = at and at.currentline > 0 and ("%s:%d: "):format(at.source:gsub("^@", ""), at.currentline) or ""
    error(("%sit does not end within %g seconds"):format(place, seconds), 0)
  end
  debug.sethook(thread, function()
    if os.clock() - started > seconds then
      debug.sethook(thread, give_up, "", 1) -- from now on at each instruction, so that no pcall helps it
      return give_up()
    end
  end, "", INSTRUCTIONS_A_LOOK)
  local results = table.pack(coroutine.resume(thread, ...))
  if not results[1] then
    error(results[2], 0)
  elseif coroutine.status(thread) ~= "dead" then
    error("it waits, which a function of the policy can't", 0)
  end
  return table.unpack(results, 2, results.n)
end

return M
