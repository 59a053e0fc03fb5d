--- retry: how long to wait before the next attempt.
--
-- A rule says `rule:next(attempt, err, context, host)` → seconds | nil, reason. `attempt` counts the failures so far,
-- `context` tells what failed. What the peer itself asks for is honoured whatever the rule says.

local identity = require "understudy.identity"
local policy_call = require "understudy.policy.call"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

local DELAY_MAX <const> = 86400    -- seconds; of what a function or a peer says
local FUNCTION_SECONDS <const> = 0.2 -- of CPU, for a function of the policy

---@class understudy.RetryContext
---@field zone string
---@field target? string   the target's name; nil for a pull
---@field elapsed number   seconds since the first failure

---@class understudy.RetryRule
---@field delay function  (rule, attempt, err, context, host) → seconds | nil, reason
---@field jitter? number
---@field give_up? number  seconds
---@field fault? string    why the policy's function can't be gone by, with file and line
local Rule = {}
Rule.__index = Rule
Rule.__name = "understudy.RetryRule"

local function is_seconds(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

--- Seconds that a peer asked us to wait: by `retry_after`, or by `rate`, whose `remaining` requests are used up until
--- `reset` seconds are over.
---@param err? understudy.Error
---@return number
function M.asked(err)
  local asked, rate = err and err.retry_after, err and err.rate
  local spent = type(rate) == "table" and is_seconds(rate.remaining) and rate.remaining < 1
  local seconds = math.max(is_seconds(asked) and asked or 0, spent and is_seconds(rate.reset) and rate.reset or 0)
  return math.min(seconds, DELAY_MAX)
end

--- Seconds until the next attempt; nil and the reason when there is to be none.
---@param attempt integer  failures so far
---@param err? understudy.Error the last of them
---@param context understudy.RetryContext
---@param host {random: (fun(): number), log: table}
---@return number? seconds
---@return string? reason
function Rule:next(attempt, err, context, host)
  if self.give_up and context.elapsed >= self.give_up then
    return nil, "the time for retries is over"
  end
  local delay, reason = self:delay(attempt, err, context, host)
  if not delay then
    return nil, reason
  end
  delay = delay * (1 + (self.jitter or 0) * (2 * host.random() - 1))
  return math.max(delay, M.asked(err))
end

--- Waits that grow: first, first × factor, … up to max, each spread by ± jitter; no more after give_up.
---@param rule {first: number, factor: number, max: number, jitter: number, give_up?: number}
---@return understudy.RetryRule
function M.backoff(rule)
  function rule:delay(attempt)
    -- The exponent is bounded so that the power stays a number.
    return math.min(self.max, self.first * self.factor ^ math.min(attempt - 1, 64))
  end
  return setmetatable(rule, Rule)
end

--- Waits one after the other as listed; the last one again and again.
---@param rule {delays: number[], jitter: number, give_up?: number}
---@return understudy.RetryRule
function M.schedule(rule)
  function rule:delay(attempt)
    return self.delays[math.min(attempt, #self.delays)]
  end
  return setmetatable(rule, Rule)
end

local DEFAULT <const> = { first = 1, factor = 2, max = 300, jitter = 0.2 }

--- The rule of a policy that says nothing: from one second to five minutes, without an end.
---@return understudy.RetryRule
function M.default()
  local copy = {}
  for name, value in pairs(DEFAULT) do
    copy[name] = value
  end
  return M.backoff(copy)
end

--- The rule that a source or a target goes by: its own, or that of the policy.
---@param peer {retry?: understudy.RetryRule}
---@param host {retry: understudy.RetryRule}
---@return understudy.RetryRule
function M.of(peer, host)
  return peer.retry or host.retry
end

-- Where a function of the policy stands.
local function place(fn)
  local info = debug.getinfo(fn, "S")
  return ("%s:%d"):format(info.source:gsub("^@", ""), info.linedefined)
end

-- What the function said; throws when that is nothing to go by.
local function decide(rule, attempt, err, context)
  local copy = { zone = context.zone, target = context.target, elapsed = context.elapsed }
  local delay, reason = policy_call.call(FUNCTION_SECONDS, rule.decide, attempt, err, copy)
  if delay ~= nil and not is_seconds(delay) then
    error(("it returned %s, which is no number of seconds"):format(units.show(delay)), 0)
  end
  return delay and math.min(delay, DELAY_MAX), delay == nil and tostring(reason or "the policy gives up") or nil
end

local function custom_delay(rule, attempt, err, context, host)
  local ok, delay, reason = pcall(decide, rule, attempt, err, context)
  if ok then
    rule.fault = nil
    return delay, reason
  end
  local message = uerror.is(delay) and delay.message or type(delay) == "string" and delay
    or ("it threw %s"):format(units.show(delay))
  local fault = (message:find "^[^\n]-:%d+: " and message or place(rule.decide) .. ": retry: " .. message)
    .. "; the default rule stands in for it"
  if fault ~= rule.fault then
    rule.fault = fault
    host.log:error("%s", fault)
  end
  return rule.stand_in:delay(attempt)
end

--- A function of the policy: (attempt, err, context) → seconds | nil, reason. When it fails, the default rule stands
--- in for it, and `fault` says so until it does not fail any more.
---@param fn fun(attempt: integer, err: understudy.Error?, context: understudy.RetryContext): number?, string?
---@return understudy.RetryRule
function M.custom(fn)
  return identity.define(setmetatable({ decide = fn, delay = custom_delay, stand_in = M.default() }, Rule), fn)
end

return M
