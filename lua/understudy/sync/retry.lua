--- retry: how long to wait before the next attempt.
--
-- A rule says `rule:next(attempt, err, elapsed, random)` → seconds | nil, reason. `attempt` counts the
-- failures so far, `elapsed` the seconds since the first of them.

local uerror = require "understudy.error"

local M = {}

local DELAY_MAX <const> = 86400

local Backoff = {}
Backoff.__index = Backoff

function Backoff:next(attempt, err, elapsed, random)
  if self.give_up and elapsed >= self.give_up then
    return nil, "the time for retries is over"
  end
  -- The exponent is bounded so that the power stays a number.
  local delay = math.min(self.max, self.first * self.factor ^ math.min(attempt - 1, 64))
  delay = delay * (1 + self.jitter * (2 * random() - 1))
  return math.max(delay, err and err.retry_after or 0)
end

--- Waits that grow: first, first × factor, … up to max, each spread by ± jitter; no more after give_up.
---@param rule {first: number, factor: number, max: number, jitter: number, give_up?: number}
---@return table rule
function M.backoff(rule)
  return setmetatable(rule, Backoff)
end

local Custom = {}
Custom.__index = Custom

function Custom:next(attempt, err)
  local ok, delay, reason = pcall(self.decide, attempt, err)
  if not ok then
    return nil, "the policy's retry function failed: " .. uerror.from(delay).message
  elseif delay == nil then
    return nil, tostring(reason or "the policy gives up")
  elseif type(delay) ~= "number" or delay ~= delay or delay < 0 then
    return nil, "the policy's retry function returned no number of seconds"
  end
  return math.min(delay, DELAY_MAX)
end

--- A function of the policy: (attempt, err) → seconds | nil, reason.
---@param decide fun(attempt: integer, err: understudy.Error?): number?, string?
---@return table rule
function M.custom(decide)
  return setmetatable({ decide = decide }, Custom)
end

return M
