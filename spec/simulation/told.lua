--- told: what the owner of a zone is to hear of it: at the end of a history, and whenever a process has come to the end
--- of a run in which it read the source. Functions give what is wrong in a sentence, or nil.

local core = require "understudy.core"
local outside = require "spec.simulation.outside"

local M = {}

local ENDS_WITHIN <const> = 5 -- seconds

-- ---------------------------------------------------------------- at the end

-- Whether the owner did something since the version that is published, or before, that a person must approve.
local function is_risky(versions, from)
  for i = from, #versions do
    if versions[i].risky or versions[i].second_ns ~= versions[from].second_ns then
      return true
    end
  end
  return false
end

-- The finding of a source zone that is not among those that are shown.
local function missing(report, findings)
  local shown = {}
  for _, list in ipairs { findings.list, findings.acknowledged } do
    for _, finding in ipairs(list) do
      shown[finding.fingerprint] = true
    end
  end
  for i = 1, #report do
    if not shown[report[i].fingerprint] then
      return ("has a finding that is not shown: %s"):format(report[i].message)
    end
  end
end

-- Whether what is published has the names of a version.
local function is_published(zone, version)
  for i = 1, outside.NAMES do
    if outside.value_of(zone, "n" .. i) ~= version.names["n" .. i] then
      return false
    end
  end
  return outside.second_ns_of(zone) == version.second_ns
end

-- Whether the state of a zone is what its newest version asks for.
local function wrong_state(state, status, versions)
  local newest = versions[#versions]
  if newest.broken then
    return (status.state ~= "invalid" or status.findings.errors == 0)
      and ("is broken in the source, and said to be %s"):format(status.state)
  elseif status.state == "held" then
    local reason = status.plan and (state.rolled_back or is_risky(versions, state.index))
    return not reason and ("is held for no reason: %s"):format(status.why)
  end
  local is_well = status.state == "ok" or status.state == "stale-alias"
  return not (is_well and state and is_published(state.zone, newest))
    and ("is %s (%s), published is not version %d"):format(status.state, tostring(status.why), #versions)
end

-- A finding that is still accepted though the time for that is over.
local function overdue(findings, now)
  for _, finding in ipairs(findings.acknowledged) do
    if finding.acknowledged["until"] < now - ENDS_WITHIN then
      return ("has a finding that is accepted longer than was said: %s"):format(finding.message)
    end
  end
end

--- What is wrong with a status when all faults are over.
---@param state? table what the invariants know of the zone
---@param status table
---@param versions table[] of the source
---@param now number by the clock of the process that tells it
---@return string?
function M.at_end(state, status, versions, now)
  local newest = versions[#versions]
  local zone = core.parse { text = newest.text, name = "source", origin = newest.origin }
  return missing(zone:check(), status.findings) or overdue(status.findings, now) or wrong_state(state, status, versions)
    or nil
end

-- ---------------------------------------------------------------- at the end of a run

local function is_logged(world, origin, text)
  for i = #world.lines, 1, -1 do
    local line = world.lines[i]
    if line:find(text, 1, true) and line:find(origin, 1, true) then
      return true
    end
  end
  return false
end

-- What the store has of a zone must be what the process has, unless it said that it could not write that down.
local function not_written(world, zone)
  local verdict, origin = zone.verdict, zone.name
  local row = world.db:row("SELECT state, plan FROM verdicts WHERE zone = :zone", { zone = origin })
  local is_same = verdict and row and row.state == verdict.state and row.plan == (verdict.plan or "")
    or not verdict and not row
  if not is_same and not is_logged(world, origin, verdict and "the verdict is not written down"
    or "the verdict is not forgotten") then
    return ("is %s, and in the store %s"):format(verdict and verdict.state or "well", row and row.state or "well")
  end
end

-- The same of its findings: all, in their order, and no others. That they could not be written down holds for those of
-- one judgement; the next one has to write its own.
local function findings_not_written(world, process, zone)
  local excused = process.unwritten[zone.name] == zone.findings
  if excused and is_logged(world, zone.name, "its findings are not written down") then
    return nil
  end
  local rows = world.db:rows("SELECT message FROM findings WHERE zone = :zone ORDER BY position", { zone = zone.name })
  local count = #zone.findings.list + #zone.findings.acknowledged
  if #rows ~= count then
    return ("has %d findings, and in the store %d"):format(count, #rows)
  end
  for i, row in ipairs(rows) do
    local finding = zone.findings.list[i] or zone.findings.acknowledged[i - #zone.findings.list]
    if row.message ~= finding.message then
      return ("has a finding, and in the store another: %s / %s"):format(finding.message, row.message)
    end
  end
end

local function not_logged(world, zone)
  local verdict = zone.verdict
  if verdict and not is_logged(world, zone.name, verdict.state .. ", ") then
    return ("is %s, which is not in the log"):format(verdict.state)
  elseif verdict and verdict.plan and not is_logged(world, zone.name, verdict.plan) then
    return "is held, and the log does not say how to let it pass"
  end
end

-- Whether what was read is accepted, or refused for a reason that is shown.
local function not_shown(zone, read, report, status)
  if (report.errors or 0) > 0 and status.state ~= "invalid" then
    return ("is broken, and said to be %s"):format(status.state)
  elseif zone.verdict then
    return status.state ~= zone.verdict.state and ("is %s, and said to be %s"):format(zone.verdict.state, status.state)
  end
  return (not zone.accepted or zone.accepted.zone.hash ~= read.zone.hash)
    and ("is said to be %s, and what was read is not accepted"):format(status.state)
end

-- A read that is older than what is accepted, and no other content, tells nothing.
local function is_old(zone, read)
  local accepted = zone.accepted and zone.accepted.zone
  return accepted and accepted.hash == read.zone.hash and core.serial_compare(read.zone.serial, accepted.serial) == -1
end

--- What is wrong with what a process tells of a zone when it has read its source and that run is over.
---@param world table
---@param process table
---@param zone table of the process
---@param read {zone: any} what it read
---@return string?
function M.at_rest(world, process, zone, read)
  local status, report = process.sync:zone_status(zone.name), read.zone:check()
  if status.state == "frozen" then
    return nil -- what was read just before, and could not be written down, waits
  end
  return not is_old(zone, read) and missing(report, status.findings) or not_shown(zone, read, report, status)
    or not_written(world, zone) or findings_not_written(world, process, zone) or not_logged(world, zone) or nil
end

return M
