--- explain: what led to what is served of a zone, and of one of its names.

local chain = require "understudy.store.chain"
local core = require "understudy.core"
local policy_settings = require "understudy.policy.settings"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

local RUNS_SHOWN <const> = 10
-- What becomes addresses or a CNAME of another name.
local PROPRIETARY <const> = { ALIAS = true, POOL = true, URL = true }

-- The RRsets of a zone at exactly one name.
local function at_name(zone, owner)
  local list = {}
  for rrset in zone:rrsets { under = owner } do
    if rrset.owner == owner then
      list[#list + 1] = rrset
    end
  end
  return list
end

local function data_of(rrset)
  local records = {}
  for i = 1, #rrset do
    records[i] = rrset[i]
  end
  return records
end

-- The answers that targets have, as far as one is remembered.
local function answers_for(targets, kind, answers, now)
  local list = {}
  for _, target in ipairs(targets) do
    local answer = answers:get(target, kind)
    if answer then
      list[#list + 1] = {
        target = target, state = answer.state, addresses = answer.addresses,
        error = answer.error ~= "" and answer.error or nil,
        age = answer.last_lookup > 0 and now - answer.last_lookup or nil,
        next_in = answer.next_refresh - now,
      }
    end
  end
  return list
end

-- Where an RRset of the flat zone comes from: the source itself, or one of its records that became it.
local function origin_of(rrset, in_source, host)
  local made_from
  for _, source in ipairs(in_source) do
    if source.type == rrset.type then
      return { from = "source", ttl = source.ttl }
    elseif PROPRIETARY[source.type] then
      made_from = source
    end
  end
  if not made_from then
    return { from = rrset.type == "SOA" and "source" or "another name" }
  end
  local records = data_of(made_from)
  return {
    from = made_from.type,
    ttl = made_from.ttl,
    records = records,
    answers = made_from.type ~= "URL" and answers_for(records, rrset.type, host.answers, host.clock.now()) or nil,
  }
end

-- For each type at a name, the newest publication that changed it; of those that are kept.
local function changes(zone, owner, history, host)
  local found = {}
  local oldest = history[#history]
  local rows = oldest and host.store:deltas(zone.name, oldest.serial) or {}
  for i = #rows, 1, -1 do
    for name, kind in chain.touched(rows[i].delta) do
      if name == owner and not found[kind] then
        found[kind] = history[#rows - i + 1]
      end
    end
  end
  return found
end

local function step_of(row)
  return row and { serial = row.serial, at = row.at, cause = row.cause, who = row.who ~= "" and row.who or nil }
end

-- What the rules say of a name in the newest source zone, and who accepts it.
local function findings_of(zone, owner)
  local list = {}
  for _, part in ipairs { zone.findings.list, zone.findings.acknowledged } do
    for _, finding in ipairs(part) do
      list[#list + 1] = finding.owner == owner and {
        severity = finding.severity, rule = finding.id, message = finding.message, acknowledged = finding.acknowledged,
      } or nil
    end
  end
  return list
end

-- All that is known of one name.
local function explain_name(zone, owner, history, host)
  local accepted, publication = zone.accepted, zone.publication
  local in_source = accepted and at_name(accepted.zone, owner) or {}
  local waiting = zone.refused and at_name(zone.refused.zone, owner) or {}
  local changed = changes(zone, owner, history, host)
  local result = {
    owner = owner, served = {}, source = {}, waiting = {}, gone = {}, findings = findings_of(zone, owner),
  }
  for i, rrset in ipairs(publication and at_name(publication.zone, owner) or {}) do
    result.served[i] = {
      type = rrset.type, ttl = rrset.ttl, records = data_of(rrset),
      origin = origin_of(rrset, in_source, host), changed = step_of(changed[rrset.type]),
    }
    changed[rrset.type] = nil
  end
  for kind, row in pairs(changed) do
    result.gone[#result.gone + 1] = { type = kind, changed = step_of(row) }
  end
  for field, list in pairs { source = in_source, waiting = waiting } do
    for i, rrset in ipairs(list) do
      result[field][i] = { type = rrset.type, ttl = rrset.ttl, records = data_of(rrset) }
    end
  end
  return result
end

-- Under what settings a publication was made: their hash, and in what they differ from those of now. Of some that are
-- long gone that is not known any more.
local function settings_of(zone, row, host)
  local now = host.settings:hash(zone)
  if not row.settings or row.settings == now then
    return { hash = row.settings, now = now }
  end
  local texts = host.store:settings { row.settings, now }
  local known = texts and texts[row.settings] and texts[now]
  return {
    hash = row.settings, now = now,
    differences = known and policy_settings.differences(texts[row.settings], texts[now]) or nil,
  }
end

--- Explains a zone, and a name of it if one is given.
---@param zone understudy.SyncZone
---@param owner? string
---@param host table
---@return table? explanation plain values
---@return understudy.Error? err
function M.of(zone, owner, host)
  local name, fault = core.name(owner or "@", zone.name)
  if not name then
    return uerror.fail("syntax", "'%s' is not the name of an owner: %s", owner, fault)
  end
  local history, err = host.store:history(zone.name)
  local runs, problem = host.store:runs(zone.name, RUNS_SHOWN)
  if not history or not runs then
    return nil, err or problem
  end
  local accepted, waiver = zone.accepted, zone.waiver
  local newest = history[1]
  return {
    zone = zone.name,
    publication = newest and {
      serial = newest.serial, at = newest.at, cause = newest.cause, who = newest.who ~= "" and newest.who or nil,
      event = newest.generation, pull = newest.pull, records = newest.records,
      settings = settings_of(zone, newest, host),
    } or nil,
    source = accepted and {
      version = accepted.version, serial = accepted.zone.serial, at = accepted.at, pull = accepted.id,
    } or nil,
    refused = zone.refused and { version = zone.refused.version, at = zone.refused.at, pull = zone.refused.id } or nil,
    verdict = zone.verdict and {
      state = zone.verdict.state, since = zone.verdict.since, why = zone.verdict.why, plan = zone.verdict.plan,
    } or nil,
    waiver = waiver and { plan = waiver.plan, who = waiver.who, at = waiver.at } or nil,
    runs = runs,
    name = owner and explain_name(zone, name, history, host) or nil,
  }
end

-- ---------------------------------------------------------------- as text

local function ago(time, now)
  return units.span(math.max(0, now - time)) .. " ago"
end

local function because(step, now)
  return ("serial %d, %s: %s%s"):format(step.serial, ago(step.at, now), step.cause,
    step.who and ", by " .. step.who or "")
end

local function add_rrset(lines, indent, owner, rrset)
  for _, data in ipairs(rrset.records) do
    lines[#lines + 1] = ("%s%s %d %s %s"):format(indent, owner, rrset.ttl, rrset.type, data)
  end
end

local function add_origin(lines, origin)
  if origin.from == "source" then
    lines[#lines + 1] = "    as the source has it"
    return
  end
  lines[#lines + 1] = ("    made from %s %s"):format(origin.from, table.concat(origin.records or {}, ", "))
  for _, answer in ipairs(origin.answers or {}) do
    lines[#lines + 1] = ("    %s is %s: %s; asked %s, again in %s%s"):format(answer.target, answer.state,
      #answer.addresses > 0 and table.concat(answer.addresses, " ") or "no address",
      answer.age and units.span(answer.age) .. " ago" or "never", units.span(math.max(0, answer.next_in)),
      answer.error and "; " .. answer.error or "")
  end
end

local function add_name(lines, name, now)
  for _, rrset in ipairs(name.served) do
    add_rrset(lines, "  ", name.owner, rrset)
    add_origin(lines, rrset.origin)
    lines[#lines + 1] = rrset.changed and "    last changed with " .. because(rrset.changed, now)
      or "    not changed in the publications that are kept"
  end
  for _, gone in ipairs(name.gone) do
    lines[#lines + 1] = ("  %s %s is gone since %s"):format(name.owner, gone.type, because(gone.changed, now))
  end
  if #name.served == 0 and #name.gone == 0 then
    lines[#lines + 1] = ("  %s is not served"):format(name.owner)
  end
  for _, finding in ipairs(name.findings) do
    local accepted = finding.acknowledged
    local by = accepted and ("; accepted by %s until %s: %s"):format(accepted.who, units.time(accepted["until"]),
      accepted.reason) or ""
    lines[#lines + 1] = ("  %s %s: %s%s"):format(finding.severity, finding.rule, finding.message, by)
  end
  if #name.waiting > 0 then
    lines[#lines + 1] = "  in the source zone that is held back:"
    for _, rrset in ipairs(name.waiting) do
      add_rrset(lines, "    ", name.owner, rrset)
    end
  end
end

local function add_settings(lines, settings)
  if settings.hash and settings.hash ~= settings.now then
    local parts = {}
    for i, difference in ipairs(settings.differences or {}) do
      parts[i] = ("%s was %s and is %s"):format(difference.what, difference.here or "not set",
        difference.there or "not set")
    end
    lines[#lines + 1] = ("  under other settings than now (%s): %s"):format(settings.hash,
      #parts > 0 and table.concat(parts, "; ") or "they are not kept any more")
  end
end

--- The explanation for people.
---@param explanation table
---@param now number
---@return string[] lines
function M.text(explanation, now)
  local lines = { explanation.zone }
  local publication, source, verdict = explanation.publication, explanation.source, explanation.verdict
  if publication then
    lines[#lines + 1] = "  served: " .. because(publication, now)
    lines[#lines + 1] = ("  made from version %s of the source, accepted %s"):format(
      source and source.version or "?", source and ago(source.at, now) or "?")
    add_settings(lines, publication.settings)
  else
    lines[#lines + 1] = "  nothing is published"
  end
  if verdict then
    lines[#lines + 1] = ("  newest source zone is %s since %s: %s"):format(verdict.state, ago(verdict.since, now),
      verdict.why)
  end
  if explanation.name then
    add_name(lines, explanation.name, now)
  end
  lines[#lines + 1] = "  what happened, newest first:"
  for _, run in ipairs(explanation.runs) do
    lines[#lines + 1] = ("    %s  %s: %s  (%s)"):format(units.time(run.at), run.outcome, run.why, run.cause)
  end
  return lines
end

return M
