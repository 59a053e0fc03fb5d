--- breaker: keeps a target that does not answer from being asked for every zone.
--
-- After some attempts in a row without an answer it is open: nothing is asked any more but by one attempt at a time, a
-- probe, which is tried again by the target's retry rule. The first answer closes it.

local retry = require "understudy.sync.retry"

local M = {}

local FAILURES <const> = 5

local Breaker = {}
Breaker.__index = Breaker
Breaker.__name = "understudy.Breaker"

---@class understudy.Breaker
---@field failures integer  attempts in a row that nobody answered
---@field since? number     when it opened; nil: it is closed
---@field probe_at? number  monotonic; when the next probe may be made
---@field error? string     why the last attempt failed

--- Makes the breaker of a target, closed.
---@param target {name: string, breaker?: integer, retry?: understudy.RetryRule}
---@param host table
---@return understudy.Breaker
function M.new(target, host)
  return setmetatable({
    target = target, limit = target.breaker or FAILURES, stand_in = retry.default(), host = host,
    failures = 0, probes = 0, probing = false,
  }, Breaker)
end

--- Seconds until an attempt may be made; 0: now; nil: once the probe that is under way has ended.
---@return number?
function Breaker:wait()
  if not self.since then
    return 0
  elseif self.probing then
    return nil
  end
  return math.max(0, self.probe_at - self.host.clock.monotonic())
end

--- How it stands, for people; nil while it is closed.
---@return {since: number, failures: integer, error: string, probe_in: number}?
function Breaker:status()
  return self.since and {
    since = self.since, failures = self.failures, error = self.error, probe_in = self:wait() or 0,
  } or nil
end

--- Takes up what the store remembers of one zone's attempts that nobody answered, as long as this process has made none
--- of its own. Where there were too many it is open, and the first probe can be made at once.
---@param failures integer
---@param since number
---@param why string
function Breaker:recall(failures, since, why)
  if self.has_begun then
    return
  end
  self.failures, self.error = self.failures + failures, why
  self.recalled_since = math.min(self.recalled_since or since, since)
  if self.failures >= self.limit then
    self.since, self.opened_at, self.probe_at = self.recalled_since, self.host.clock.monotonic(), -math.huge
  end
end

--- Lets the next probe be made at once.
function Breaker:probe_now()
  self.probe_at = -math.huge
end

--- An attempt begins.
---@return table? probe if it is one, for `failed` and `passed`
function Breaker:begin()
  self.has_begun = true
  self.probing = self.since and {} or false
  return self.probing or nil
end

-- When the next probe is made. The rule for a zone may give up; a target is never given up.
local function set_probe(self, err)
  local clock = self.host.clock
  local context = { zone = "", target = self.target.name, elapsed = clock.monotonic() - self.opened_at }
  self.probes = self.probes + 1
  local delay = retry.of(self.target, self.host):next(self.probes, err, context, self.host)
    or self.stand_in:next(self.probes, err, context, self.host)
  self.probe_at = clock.monotonic() + delay
end

--- An attempt has ended without an answer.
---@param err understudy.Error
---@param probe? table of `begin`
function Breaker:failed(err, probe)
  local clock, log = self.host.clock, self.host.log
  local late = self.since and (not probe or probe ~= self.probing) -- it began before the breaker opened
  self.failures, self.error = self.failures + 1, err.message
  if not self.since and self.failures >= self.limit then
    self.since, self.opened_at = clock.now(), clock.monotonic()
    log:warning("%s did not answer %d times in a row: it is asked by one attempt at a time until it does: %s",
      self.target.name, self.failures, err.message)
    set_probe(self, err)
  elseif self.since and not late then
    set_probe(self, err)
  end
  self.probing = late and self.probing
end

--- An attempt has ended with an answer, good or bad; or with nothing at all.
---@param answered boolean
---@param probe? table of `begin`
function Breaker:passed(answered, probe)
  if answered then
    if self.since then
      self.host.log:info("%s answers again", self.target.name)
    end
    self.failures, self.probes, self.since, self.error = 0, 0, nil, nil
  end
  if answered or probe == self.probing then
    self.probing = false
  end
end

return M
