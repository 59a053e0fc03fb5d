--- reloader: takes up the policy file of a running daemon again: reads it, checks it, tells what it changes, and has
-- the daemon follow it; or keeps the policy that runs, and says why until that is mended.

local alias = require "understudy.policy.alias"
local expand = require "understudy.expand"
local identity = require "understudy.identity"
local judge = require "understudy.sync.judge"
local members = require "understudy.policy.members"
local policy_reload = require "understudy.policy.reload"
local preset = require "understudy.preset"
local resolver = require "understudy.net.resolver"
local uerror = require "understudy.error"

local M = {}

local LOOK_EVERY <const> = 0.5 -- seconds between two looks at what catalogs list

---@class understudy.Reloader
---@field policy understudy.Policy    the one that runs
---@field since number                when it was taken up
---@field problem? table              why the last reload failed: {message=, at=, who=}
---@field restart string[]            settings that wait for a restart
local Reloader = {}
Reloader.__index = Reloader
Reloader.__name = "understudy.Reloader"

-- What the policy asks for otherwise than what is in use.
local function fresh_parts(old, new)
  local fresh, options = {}, alias.resolver_of(new)
  if not identity.same(alias.resolver_of(old), options) then
    local made, err = resolver.new(options)
    if not made then
      return nil, err
    end
    fresh.resolver = made
  end
  if not identity.same(alias.memory(old.alias), alias.memory(new.alias)) then
    fresh.answers = judge.answers(new)
  end
  return fresh
end

local function replace_resolver(host, new)
  local old = host.resolver
  host.resolver = new
  host.spawn("the last lookups of a resolver", function()
    old:drain()
  end)
end

-- Has everything follow the policy.
local function take_up(self, new, plan)
  local fresh, err = fresh_parts(self.policy, new)
  if not fresh then
    return nil, err
  end
  local ok
  ok, err = self.synced:reload(new, plan, fresh)
  if not ok then
    return nil, err
  end
  if fresh.resolver then
    replace_resolver(self.host, fresh.resolver)
  end
  self.policy = new
  self.on_change(new)
  expand.remember(self.host.store, new, self.host.log)
  return true
end

-- What is published of a catalog.
local function published(self)
  return function(name)
    local publication = self.synced:publication(name)
    return publication and publication.zone
  end
end

local function reload(self, dry)
  local new, plan, err = policy_reload.load(self.policy, published(self))
  local ok = new
  if ok and not dry then
    ok, err = take_up(self, new, plan)
    if ok then
      self.since, self.restart = self.host.clock.now(), plan.restart
    end
  end
  return ok and plan, err
end

-- The catalogs of the policy, found once, as it can have many zones.
local function catalogs(self)
  if self.catalogs_of ~= self.policy then
    self.catalogs_of, self.catalogs = self.policy, members.catalogs(self.policy)
  end
  return self.catalogs
end

-- What catalogs list, by their publications, so that a new list is seen.
local function listed(self)
  local ids = {}
  for i, catalog in ipairs(catalogs(self)) do
    local publication = self.synced:publication(catalog.name)
    ids[i] = ("%s %d"):format(catalog.name, publication and publication.serial or -1)
  end
  return table.concat(ids, "\n")
end

-- Says which members come and go, and which are not taken.
local function note_members(self, plan, old)
  local log, zones, known = self.host.log, plan.zones, {}
  log:info("catalogs: %d zones added, %d removed, %d changed", #zones.added, #zones.removed, #zones.changed)
  for _, text in ipairs(old.refusals or {}) do
    known[text] = true
  end
  for _, text in ipairs(self.policy.refusals) do
    if not known[text] then
      log:warning("%s", text)
    end
  end
end

-- Follows what the catalogs list now.
local function follow(self)
  local seen, old = listed(self), self.policy
  local new = members.expand(old, published(self), old.belongings)
  local plan = policy_reload.succeed(old, new)
  local ok, err = take_up(self, new, plan)
  if ok then
    self.seen = seen
    note_members(self, plan, old)
  elseif self.member_problem ~= err.message then
    self.host.log:error("what catalogs list can't be taken up: %s", err.message)
  end
  self.member_problem = err and err.message
end

-- What became of a reload, for those who look later.
local function note(self, who, plan, err)
  local log, file = self.host.log, self.policy.file
  if not plan then
    self.problem = { message = err.message, at = self.host.clock.now(), who = who }
    log:error("the policy %s can't be taken up, the one from before stays in use (reload by %s): %s", file, who,
      err.message)
    return
  end
  self.problem = nil
  log:info("policy %s taken up (reload by %s): %s", file, who, policy_reload.summary(plan))
  if #plan.restart > 0 then
    log:warning("policy %s: only a restart changes %s", file, table.concat(plan.restart, ", "))
  end
end

--- Reads the policy again and follows it.
---@param who string
---@param dry boolean only tell what would change
---@return understudy.PolicyPlan? plan
---@return understudy.Error? err then the policy is the one from before
function Reloader:reload(who, dry)
  if self.busy then
    return uerror.fail("busy", "the policy is being read again at the moment")
  end
  self.busy = true
  local done, plan, err = xpcall(reload, debug.traceback, self, dry)
  self.busy = false
  if not done then
    plan, err = nil, uerror.from(plan)
  end
  err = not plan and uerror.new { code = "policy", message = tostring(err) } or nil -- its place is part of it
  if not dry then
    note(self, who, plan, err)
  end
  return plan or nil, err
end

--- Goes on following what the catalogs of the policy list.
function Reloader:follow_catalogs()
  while true do
    self.host.clock.sleep(LOOK_EVERY)
    if not self.busy and self.seen ~= listed(self) then
      self.busy = true
      local done, trace = xpcall(follow, debug.traceback, self)
      self.busy = false
      if not done then
        self.host.log:error("%s", trace)
      end
    end
  end
end

-- What its targets at providers should make a person look at.
local function notices(policy, now)
  local seen, list = {}, {}
  for _, zone in ipairs(policy.zones) do
    for _, target in ipairs(zone.targets) do
      if not seen[target] then
        seen[target] = true
        table.move(preset.notices(target, now), 1, 99, #list + 1, list)
      end
    end
  end
  return list
end

--- What to say of the policy in status.
---@return table
function Reloader:describe()
  local policy = self.policy
  return {
    file = policy.file, digest = policy.digest, since = self.since, error = self.problem, restart = self.restart,
    refusals = policy.refusals, notices = notices(policy, self.host.clock.now()),
  }
end

--- Makes one for a daemon that runs under a policy.
---@param policy understudy.Policy
---@param synced understudy.Sync
---@param host table
---@param on_change fun(policy: understudy.Policy) called when another policy is followed
---@return understudy.Reloader
function M.new(policy, synced, host, on_change)
  local self = setmetatable({
    policy = policy, synced = synced, host = host, on_change = on_change, since = host.clock.now(), restart = {},
  }, Reloader)
  self.seen = listed(self)
  return self
end

return M
