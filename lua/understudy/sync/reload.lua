--- reload: lets a running sync follow another policy.
--
-- All that can fail is done first, while everything goes on as before. Then all is changed at once, before any other
-- task runs: no zone is ever under half a policy.

local deliver = require "understudy.sync.deliver"
local parts = require "understudy.parts"
local restore = require "understudy.sync.restore"
local sync_zone = require "understudy.sync.zone"
local uerror = require "understudy.error"
local worker = require "understudy.sync.worker"

local M = {}

local CAUSE <const> = "policy reloaded"
local NAMES_A_CALL <const> = 500

local function each_part(list, visit)
  for part in parts.of(list, NAMES_A_CALL) do
    local ok, err = visit(part)
    if not ok then
      return nil, err
    end
  end
  return true
end

-- What the store remembers of the targets of zones that come back.
local function recall_answers(store, zones, policy)
  local targets, answers = {}, {}
  for _, zone in ipairs(zones) do
    local source = zone.accepted and zone.accepted.zone
    for _, target in ipairs(source and source:targets { pool = policy.pool, redirect = policy.redirect } or {}) do
      targets[#targets + 1] = target
    end
  end
  local ok, err = each_part(targets, function(part)
    local rows, problem = store:answers_of(part)
    table.move(rows or {}, 1, #(rows or {}), #answers + 1, answers)
    return rows, problem
  end)
  return ok and answers, err
end

-- Makes the zones that come, with what the store remembers of them.
local function prepare(self, policy, plan)
  local host, settings, by_name = self.host, {}, {}
  for _, zone in ipairs(policy.zones) do
    by_name[zone.name] = zone
  end
  for i, name in ipairs(plan.zones.added) do
    settings[i] = by_name[name]
  end
  local zones, err = restore.zones(settings, host)
  if not zones then
    return nil, err
  end
  local ok, answers
  ok, err = each_part(plan.zones.added, function(part)
    return host.store:register(part)
  end)
  if ok then
    answers, err = recall_answers(host.store, zones, policy)
  end
  return answers and { zones = zones, answers = answers, settings = by_name }, err
end

-- ---------------------------------------------------------------- from here on nothing waits and nothing fails

local function use(host, policy, fresh)
  host.policy, host.retry = policy, policy.retry
  host.resolver = fresh.resolver or host.resolver
  if fresh.answers then
    for answer in host.answers:each() do
      fresh.answers:restore(answer)
    end
    host.answers = fresh.answers
  end
end

local function remove(self, name)
  local zone, host = self.zones[name], self.host
  for _, delivery in ipairs(zone.deliveries) do
    delivery:finish()
  end
  if zone.order then
    zone.order.problem, zone.order.done = uerror.new { code = "absent", message = "the policy has no zone " .. name
      .. " any more" }, true
  end
  host.schedule:cancel(name)
  host.resolve:leave(name)
  self.zones[name], zone.lease = nil, nil
  host.changed:signal()
end

-- What was had of a zone whose name means another one now (RFC 9432 §5.4). What is published of it stays until that is
-- had, and its serial goes on.
local function forget(zone)
  zone.accepted, zone.refused = nil, nil
  if zone.source.forget then
    zone.source:forget(zone.name)
  end
end

local function add(self, zone)
  self.zones[zone.name] = zone
  if zone.setting.member then
    forget(zone) -- it may have been another zone when it was last here
  end
  worker.use_targets(zone, nil, self.host)
end

-- Deliveries to targets that a zone still has go on; of others nothing is known.
local function redeliver(self, zone, released)
  local before, list, new = {}, {}, {}
  for _, delivery in ipairs(zone.deliveries) do
    before[delivery.target] = delivery
  end
  for i, target in ipairs(zone.setting.targets) do
    list[i] = before[target]
    before[target] = nil
    if not list[i] then
      list[i] = deliver.new(zone, target, self.host)
      new[list[i]] = true
    end
  end
  for _, delivery in pairs(before) do
    delivery:finish()
  end
  zone.deliveries, zone.candidate = list, nil
  sync_zone.set_released(zone, released)
  for _, delivery in ipairs(list) do
    delivery:want(new[delivery] or false) -- without its canaries the others may have what they waited for
  end
end

-- Judges a zone again soon, if this process has it.
local function judge(self, zone)
  zone.outdated = true
  if zone.lease then
    self:mark(zone.name, CAUSE)
  end
end

local function change(self, zone, setting, what)
  local is, released = {}, zone.released
  for _, word in ipairs(what) do
    is[word] = true
  end
  zone.setting = setting
  if is.targets then
    redeliver(self, zone, released)
  end
  if is.member then
    forget(zone)
    self.host.log:info("%s is another zone of that name now, listed under another label: it is taken anew", zone.name)
  end
  if is.source or is.member then
    zone.judged, zone.seen, zone.recheck = nil, nil, nil
  end
  if is.source or is.member or is.checks or is.zonemd then
    judge(self, zone)
  end
end

-- Lets no zone wait for a period that was longer than the new one.
local function shorten_timers(self)
  local host = self.host
  local now = host.clock.monotonic()
  for _, name in ipairs(self.names) do
    local due = host.schedule:when(name)
    if due then
      host.schedule:at(name, math.min(due, now + host.policy.refresh * host.random()))
    end
  end
end

local function commit(self, policy, plan, prepared, fresh)
  local refresh = self.host.policy.refresh
  use(self.host, policy, fresh)
  for _, name in ipairs(plan.zones.removed) do
    remove(self, name)
  end
  for _, answer in ipairs(prepared.answers) do
    if not self.host.answers:get(answer.target, answer.type) then
      self.host.answers:restore(answer)
    end
  end
  for _, zone in ipairs(prepared.zones) do
    add(self, zone)
  end
  for _, changed in ipairs(plan.zones.changed) do
    change(self, self.zones[changed.name], prepared.settings[changed.name], changed.what)
  end
  for i, setting in ipairs(policy.zones) do
    self.names[i] = setting.name
    self.zones[setting.name].setting = setting
  end
  for i = #policy.zones + 1, #self.names do
    self.names[i] = nil
  end
  for _, name in ipairs(plan.judge and self.names or {}) do
    judge(self, self.zones[name])
  end
  if policy.refresh < refresh then
    shorten_timers(self)
  end
  if #plan.zones.added + #plan.zones.removed + #plan.zones.changed > 0 then
    self.lease:follow()
    self:watch()
  end
  local changed = {}
  for i, zone in ipairs(plan.zones.changed) do
    changed[i] = zone.name
  end
  self.host.settings:follow(policy, changed, self.names)
  self:look_outside()
end

--- Follows another policy from now on.
---@param self understudy.Sync
---@param policy understudy.Policy as understudy.policy.reload makes it
---@param plan understudy.PolicyPlan
---@param fresh {resolver?: any, answers?: any} in place of those in use, where the policy asks for others
---@return boolean? ok
---@return understudy.Error? err then nothing has changed
function M.run(self, policy, plan, fresh)
  local prepared, err = prepare(self, policy, plan)
  if not prepared then
    return nil, err
  end
  commit(self, policy, plan, prepared, fresh)
  return true
end

return M
