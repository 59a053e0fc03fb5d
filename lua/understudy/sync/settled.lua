--- settled: the time by which things are old enough to be forgotten.
--
-- It is that of the clock. But one that leaps ahead is believed only when it has said so for a day, in which a person
-- can set it right; until then time passes as if it had not. A machine that slept for less than a day is not meant.

local M = {}

local LEAP <const> = 86400 -- seconds
local DOUBTED_FOR <const> = 86400

--- What tells that time, if it is asked now and then.
---@param clock understudy.Clock
---@param log table
---@return fun(): number
function M.new(clock, log)
  local believed = clock.now() - clock.monotonic() -- what is added to monotonic time
  local doubted_since
  return function()
    local now, monotonic = clock.now(), clock.monotonic()
    if now - monotonic <= believed + LEAP then
      doubted_since = nil
    elseif not doubted_since then
      doubted_since = monotonic
      log:warning "the clock leapt ahead: nothing is forgotten as old for a day, in which it can be set right"
    end
    if doubted_since and monotonic - doubted_since < DOUBTED_FOR then
      return monotonic + believed
    end
    believed, doubted_since = now - monotonic, nil
    return now
  end
end

return M
