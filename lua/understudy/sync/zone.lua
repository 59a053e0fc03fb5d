--- zone: what is known of one zone while sync runs.
--
-- There are many of them, and most have nothing to tell. So a field that has its usual value is nil in the zone, and
-- reads as it stands here, once for all.

local judge = require "understudy.sync.judge"

local M = {}

---@class understudy.SyncZone
---@field setting table               of the policy: {name=, source=, targets=, checks=}
---@field name string                 of the setting
---@field source table                the same
---@field checks? understudy.Checks   the same: how grave rules are for it
---@field lease? {worker: string, token: integer} if this process has the zone
---@field publication? understudy.Publication
---@field released? understudy.Publication what all targets may have; without canaries that is the publication
---@field candidate? {serial: integer, since: number} the next to be that, and since when, monotonic; see the same
---@field candidate_written? integer  its serial, as far as known in the store; nil: none
---@field lacked? {newest?: {serial: integer, hash: string}} the store lacks the publication; what it has is older
---@field deltas? understudy.Deltas   what changed up to it
---@field accepted? table             the source zone last accepted: {zone=, version=, at=, id=}, a ChainEnd
---@field refused? table              the newest source zone, if it is not accepted
---@field judged? string              version of the source zone last judged
---@field seen? understudy.Seen       what is missing or older
---@field proofs? understudy.Proof[]  what events said to be deleted, and the store keeps
---@field read_at? number             when the newest read of the source began, monotonic
---@field read_whole_at? number       the same of the newest read of all of it, if that is another
---@field recheck? number             when doubt ends, monotonic
---@field outdated boolean            answers changed since then
---@field verdict? table              why the newest source zone is refused: {state=, since=, why=, text=, plan=}
---@field verdict_unwritten? boolean  the store may have another, or one though there is none
---@field freeze? table               {reason=, who=, since=, until=}
---@field waiver? table               {plan=, who=, at=}
---@field acknowledgements table<string, understudy.Acknowledgement> by fingerprint; not to be changed
---@field source_error? table         why the source can't be read: {message=, since=, budget=}
---@field unsaved? table              why what is to be published can't be written down: {why=, since=}
---@field findings table              of the newest judgement; not to be changed
---@field findings_written? string    what is known of them in the store; nil: none
---@field deliveries understudy.Delivery[]
---@field name_servers? understudy.Verdict[] what those serve that are no targets, of the last audit
---@field stale? boolean              it has to be read from the store again before the next run
---@field handled integer             number of the newest lease of the queue that has ended
---@field failures integer            in a row
---@field order? table                what a person wants done, see understudy.sync.rollback
---@field failing_since? number       monotonic
local Zone = {}
Zone.__name = "understudy.SyncZone"

local OF_SETTING <const> = { name = true, source = true, checks = true }
local USUAL <const> = {
  outdated = false, acknowledgements = {}, findings = judge.no_findings(), handled = 0, failures = 0,
}

function Zone:__index(name)
  if OF_SETTING[name] then
    return self.setting[name]
  elseif name == "released" then
    return not M.is_staged(self) and self.publication or nil
  elseif name == "read_whole_at" then
    return self.read_at
  end
  return USUAL[name]
end

--- Makes a zone of which nothing is known yet.
---@param setting table of the policy
---@return understudy.SyncZone
function M.new(setting)
  return setmetatable({ setting = setting, outdated = true }, Zone)
end

--- Whether some of a zone's targets get its publications before others.
---@param zone understudy.SyncZone
---@return boolean
function M.is_staged(zone)
  local canaries, others = false, false
  for _, target in ipairs(zone.setting.targets) do
    canaries, others = canaries or target.canary, others or not target.canary
  end
  return canaries and others or false
end

--- Takes what all targets may have.
---@param zone understudy.SyncZone
---@param publication? understudy.Publication
function M.set_released(zone, publication)
  zone.released = M.is_staged(zone) and publication or nil
end

--- Takes the findings of the newest judgement.
---@param zone understudy.SyncZone
---@param findings table
function M.set_findings(zone, findings)
  local some = findings.errors > 0 or #findings.list > 0 or #findings.acknowledged > 0
  zone.findings = some and findings or nil
end

--- Takes or, as nil, takes away what a person accepts of a finding.
---@param zone understudy.SyncZone
---@param fingerprint string
---@param acknowledgement? understudy.Acknowledgement
function M.set_acknowledgement(zone, fingerprint, acknowledgement)
  local all = {}
  for known, row in pairs(zone.acknowledgements) do
    all[known] = row
  end
  all[fingerprint] = acknowledgement
  zone.acknowledgements = next(all) and all
end

return M
