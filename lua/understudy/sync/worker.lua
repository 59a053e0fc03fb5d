--- worker: goes the way of one zone: pull, resolve, judge, publish, deliver.
--
-- What is wrong with the newest source zone never touches what is served: the last publication stays, and
-- goes on following the answers of its ALIAS targets, from the source zone last accepted.

local judge = require "understudy.sync.judge"
local publish = require "understudy.sync.publish"
local pull = require "understudy.sync.pull"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

local ERRORS_SHOWN <const> = 20

--- Says which ALIAS targets a zone needs: those of the source zone that is served, of the one that was
--- refused and of the one that is judged.
---@param zone understudy.SyncZone
---@param judged? {zone: any}
---@param host table
function M.use_targets(zone, judged, host)
  local targets = {}
  for _, source in pairs { accepted = zone.accepted, refused = zone.refused, judged = judged } do
    for _, target in ipairs(source.zone:targets { pool = host.policy.pool, redirect = host.policy.redirect }) do
      targets[#targets + 1] = target
    end
  end
  host.resolve:use(zone.name, targets)
end

-- Findings of severity error, one a line, as many as a person reads.
local function errors_text(judgement)
  local lines, more = {}, judgement.findings.errors - ERRORS_SHOWN
  for _, finding in ipairs(judgement.findings.list) do
    if finding.severity == "error" and #lines < ERRORS_SHOWN then
      local place = finding.records and finding.records[1]
      local where = place and place.file and ("%s:%d: "):format(place.file, place.line) or ""
      lines[#lines + 1] = ("%serror %s: %s"):format(where, finding.id, finding.message)
    end
  end
  if more > 0 then
    lines[#lines + 1] = ("… and %s more"):format(units.count(more, "error"))
  end
  return table.concat(lines, "\n")
end

-- Remembers why the newest source zone is not published, and says so once.
local function set_verdict(zone, judgement, host)
  local text = errors_text(judgement)
  local before = zone.verdict
  if before and before.state == judgement.state and before.why == judgement.why and before.text == text then
    return
  end
  zone.verdict = {
    state = judgement.state,
    why = judgement.why,
    text = text,
    since = before and before.state == judgement.state and before.since or host.clock.now(),
  }
  local served = zone.publication and ("serial %d stays served"):format(zone.publication.serial)
    or "nothing is served"
  if text == "" then
    host.log:error("%s %s, %s: %s", zone.name, judgement.state, served, judgement.why)
  else
    host.log:error("%s %s, %s", zone.name, judgement.state, served)
  end
  for line in text:gmatch "[^\n]+" do
    host.log:error("%s %s", zone.name, line)
  end
  local ok, err = host.store:save_verdict {
    zone = zone.name,
    state = zone.verdict.state,
    since = zone.verdict.since,
    why = zone.verdict.why,
    findings = text,
  }
  if not ok then
    host.log:warning("%s the verdict is not written down: %s", zone.name, err.message)
  end
end

local function clear_verdict(zone, host)
  if zone.verdict then
    host.log:info("%s is not %s any more", zone.name, zone.verdict.state)
    zone.verdict = nil
    local ok, err = host.store:forget_verdict(zone.name)
    if not ok then
      host.log:warning("%s the verdict is not forgotten: %s", zone.name, err.message)
    end
  end
end

-- Makes a judged zone the publication, if its content is new.
local function release(zone, source, flat, cause, host)
  local last = zone.publication
  local publication = publish.next(flat, last, cause, host.clock.now())
  if publication then
    local ok, err = publish.save(host.store, zone.name, publication, source)
    if not ok then
      return nil, err
    end
    host.log:info("%s published serial %d: %s (%s)", zone.name, publication.serial,
      publish.summary(last, publication), cause)
    if last then
      zone.deltas:add(last.zone, publication.zone)
    end
    zone.publication = publication
  elseif not zone.accepted or zone.accepted.version ~= source.version then
    local ok, err = host.store:save_source(publish.source_row(zone.name, source))
    if not ok then
      return nil, err
    end
  end
  zone.accepted = source
  return true
end

-- Judges a source zone and publishes it if it may be. nil and an error when the store failed.
local function consider(zone, source, cause, host)
  M.use_targets(zone, source, host)
  host.resolve:complete(zone.name)
  zone.outdated = false
  local last = zone.publication and zone.publication.zone
  local judgement = judge.judge(source.zone, last, judge.options(host.policy, host.answers, host.clock.now(),
    zone.checks))
  if judgement.flat then
    local ok, err = release(zone, source, judgement.flat, cause, host)
    if not ok then
      zone.outdated = true
      return nil, err
    end
  end
  return judgement
end

-- Judges what the source gave, unless that was done: nothing then.
local function take(zone, pulled, cause, host)
  if pulled.version == zone.judged and not zone.outdated then
    return nil
  end
  local source = zone.accepted
  if not source or source.version ~= pulled.version then
    source = { zone = pulled.zone, version = pulled.version, at = host.clock.now() }
  end
  local judgement, err = consider(zone, source, cause, host)
  if not judgement then
    return nil, err
  end
  zone.judged = pulled.version
  zone.refused = not judgement.flat and source or nil
  M.use_targets(zone, nil, host)
  return judgement
end

-- A source's failure is told when it begins, when it changes and when it ends.
local function note_source(zone, err, host)
  local before = zone.source_error
  if err then
    zone.source_error = {
      message = err.message,
      since = before and before.since or host.clock.now(),
    }
    if not before or before.message ~= err.message then
      host.log:error("%s the source can't be read: %s", zone.name, tostring(err))
    end
  elseif before then
    zone.source_error = nil
    host.log:info("%s the source can be read again", zone.name)
  end
end

local function note_judgement(zone, judgement, host)
  zone.findings = judgement.findings
  if judgement.flat then
    clear_verdict(zone, host)
  else
    set_verdict(zone, judgement, host)
  end
end

-- The served zone follows its answers although the newest source zone can't be had or is refused.
local function follow(zone, cause, host)
  local judgement, err = consider(zone, zone.accepted, cause, host)
  if judgement and not judgement.flat and not zone.verdict then
    set_verdict(zone, judgement, host)
  end
  return err
end

-- Pulls, and publishes what can be. Returns true, or nil and an error that time may mend.
local function advance(zone, cause, host)
  local outdated = zone.outdated
  local pulled, unread = pull.pull(zone.source, zone.name, zone.accepted and zone.accepted.zone)
  local judgement, err
  if pulled then
    judgement, err = take(zone, pulled, cause, host)
  elseif unread.report and #unread.report > 0 then
    judgement, unread, zone.judged = judge.unreadable(unread), nil, nil
  end
  note_source(zone, unread, host)
  if judgement then
    note_judgement(zone, judgement, host)
  end
  if outdated and zone.accepted and not err and not (judgement and judgement.flat) then
    err = follow(zone, cause, host)
  end
  if err then
    host.log:error("%s is not published: %s", zone.name, err.message)
  end
  return not err and not unread or nil, err or unread
end

--- Goes the whole way for a zone once.
---@param zone table
---@param cause string
---@param host table
---@return boolean? ok
---@return understudy.Error? err worth another try
function M.run(zone, cause, host)
  local published = zone.publication
  if host.policy.pool == "rotate" then
    zone.outdated = true
  end
  local done, ok, err = xpcall(advance, debug.traceback, zone, cause, host)
  if not done then
    ok, err, zone.outdated = nil, uerror.from(ok), true
    host.log:error("%s %s", zone.name, err.message)
  end
  if zone.publication then
    for _, delivery in ipairs(zone.deliveries) do
      delivery:want(zone.publication ~= published)
    end
  end
  return ok, err
end

return M
