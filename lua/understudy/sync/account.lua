--- account: what may be asked of those that count our requests: so many a second, so many a day.
--
-- Targets and sources of one account share it. What was used of the day's budget stands in the store, so that it holds
-- over restarts and for all processes; it is taken from there some at a time, and what a process took and did not use
-- is lost to that day. A day begins at 00:00 UTC.

local retry = require "understudy.sync.retry"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

local DAY <const> = 86400
local PARTS <const> = 100        -- of a daily budget that are taken from the store at a time
local STORE_RETRY <const> = 5    -- seconds

local Account = {}
Account.__index = Account
Account.__name = "understudy.Account"

---@class understudy.Account
---@field name? string
---@field used integer   of the day's budget, as far as known
---@field paused? {until: number, why: string} monotonic; nobody may ask before

--- Makes an account, or what a target without one has: no limits of its own.
---@param setting? {name: string, rate?: number, burst?: integer, daily?: integer} requests a second, at once, a day
---@param host table
---@return understudy.Account
function M.new(setting, host)
  setting = setting or {}
  return setmetatable({
    name = setting.name, rate = setting.rate, burst = setting.burst or 1, daily = setting.daily, host = host,
    full_at = -math.huge, -- monotonic; when the bucket is full again
    day = math.tointeger(host.clock.now() // DAY),
    used = setting.name and host.spent and host.spent[setting.name] or 0, -- of that day, by all processes
    left = 0, -- of that, taken by this process and not used yet
  }, Account)
end

--- The account of a target or source; one however many of them name it.
---@param peer {account?: {name: string}}
---@param host table with `accounts` by name, and `spent`: what the store knew of today's budgets
---@return understudy.Account
function M.of(peer, host)
  local setting = peer.account
  if not setting then
    return M.new(nil, host)
  end
  local account = host.accounts[setting.name] or M.new(setting, host)
  account.rate, account.burst, account.daily = setting.rate, setting.burst or 1, setting.daily -- as reloaded
  host.accounts[setting.name] = account
  return account
end

--- What the store knows of today's budgets, by account; nothing while it can't be asked.
---@param host table
---@return table<string, integer>
function M.spent(host)
  return host.store:budgets(math.tointeger(host.clock.now() // DAY)) or {}
end

local function pause(self, seconds, why)
  local until_time = self.host.clock.monotonic() + seconds
  if not self.paused or self.paused["until"] < until_time then
    self.paused = { ["until"] = until_time, why = why }
  end
end

--- Seconds until anyone may ask again, and why not now.
---@return number seconds
---@return string? why
function Account:wait()
  local left = self.paused and self.paused["until"] - self.host.clock.monotonic() or 0
  if left <= 0 then
    self.paused = nil
    return 0
  end
  return left, self.paused.why
end

-- Seconds until so many requests are within the rate, which counts them from now on. Processes that share the zones
-- share the rate too.
local function take_tokens(self, count)
  if not self.rate then
    return 0
  end
  local now, interval = self.host.clock.monotonic(), (self.host.lease and self.host.lease.workers or 1) / self.rate
  local full_at = math.max(self.full_at, now) + count * interval
  self.full_at = full_at
  return math.max(0, full_at - self.burst * interval - now)
end

local function exhausted(self, now)
  local seconds = (self.day + 1) * DAY - now
  local why = ("the daily budget of account %s (%d) is used up; it refills at %s"):format(self.name, self.daily,
    units.time((self.day + 1) * DAY))
  pause(self, seconds, why)
  return nil, uerror.new { code = "budget", message = why, temporary = true, retry_after = seconds }
end

-- Takes so many requests out of the day's budget.
local function take_budget(self, count)
  local now = self.host.clock.now()
  local day = math.tointeger(now // DAY)
  if self.day ~= day then
    self.day, self.used, self.left = day, 0, 0
  end
  if self.left < count then
    local wish = math.max(count - self.left, self.daily // PARTS)
    local taken, err = self.host.store:spend(self.name, { day = day, count = wish, limit = self.daily })
    if not taken then
      pause(self, STORE_RETRY, "the budget of its account can't be read: " .. err.message)
      return nil, uerror.new { code = "budget", message = err.message, temporary = true }
    elseif self.day ~= day then
      return take_budget(self, count)
    end
    self.used, self.left = taken.used, self.left + taken.granted
  end
  if self.left < count then
    return exhausted(self, now)
  end
  self.left = self.left - count
  return true
end

--- Takes so many requests, and waits until they are within the rate.
---@param count integer
---@return boolean? ok
---@return understudy.Error? err with code "budget"
function Account:take(count)
  if self.daily then
    local ok, err = take_budget(self, count)
    if not ok then
      return nil, err
    end
  end
  local seconds = take_tokens(self, count)
  if seconds > 0 then
    self.host.clock.sleep(seconds)
  end
  return true
end

--- The same of one request, unless nobody may ask for now, for whatever reason but the rate.
---@return boolean? ok
---@return understudy.Error? err with code "budget", which says when that ends
function Account:admit()
  local seconds, why = self:wait()
  if seconds > 0 then
    return nil, uerror.new { code = "budget", message = why, temporary = true, retry_after = seconds }
  end
  return self:take(1)
end

--- Learns from an error: a peer that says that all requests are used up says so for the whole account.
---@param err? understudy.Error
function Account:learn(err)
  local seconds = type(err) == "table" and err.rate and retry.asked(err) or 0
  if seconds > 0 then
    pause(self, seconds, "the peer limits the rate: " .. err.message)
  end
end

--- How it stands, for people; nil if there is nothing to tell.
---@return table?
function Account:status()
  if not self.name then
    return nil
  end
  local today = self.host.clock.now() // DAY
  return {
    name = self.name, rate = self.rate, daily = self.daily,
    used = self.daily and (today == self.day and self.used - self.left or 0) or nil,
    refills_at = self.daily and (today + 1) * DAY or nil,
  }
end

return M
