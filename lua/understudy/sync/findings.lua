--- findings: keeps what the newest judgement of a zone found where other processes find it: another daemon that shares
--- the store, and the commands when no daemon runs.

local judge = require "understudy.sync.judge"
local json = require "understudy.json"
local publish = require "understudy.sync.publish"
local sync_zone = require "understudy.sync.zone"

local M = {}

local KEPT <const> = 200 -- of a zone; more than that nobody reads
local UNKNOWN <const> = "?" -- in place of a signature: no findings have that

local function all_of(findings)
  local list = {}
  for _, part in ipairs { findings.list, findings.acknowledged } do
    for _, finding in ipairs(part) do
      list[#list + 1] = #list < KEPT and finding or nil
    end
  end
  return list
end

-- What findings are known by: as long as it is the same, there is nothing new to be written.
local function signature(list)
  local parts = {}
  for i, finding in ipairs(list) do
    parts[i] = finding.fingerprint .. finding.severity .. finding.message
  end
  return table.concat(parts, "\n")
end

local function row_of(finding)
  local detail = {}
  for name, value in pairs(finding) do
    detail[name] = name ~= "acknowledged" and value or nil
  end
  return {
    rule = finding.id, severity = finding.severity, fingerprint = finding.fingerprint, owner = finding.owner or "",
    message = finding.message, detail = json.encode(detail),
  }
end

--- Writes the findings of a zone down, if they are others than before. Nothing depends on it.
---@param zone understudy.SyncZone
---@param host table
function M.save(zone, host)
  local list = all_of(zone.findings)
  local now = signature(list)
  if now == (zone.findings_written or "") then
    return
  end
  local rows = {}
  for i, finding in ipairs(list) do
    rows[i] = row_of(finding)
  end
  local at = host.clock.now()
  local ok, err = host.store:save_findings(publish.leased(zone, at, { at = at }), rows)
  if ok then
    zone.findings_written = now ~= "" and now or nil
  else
    zone.findings_written = UNKNOWN -- they may be written down, and the answer was lost
    host.log:warning("%s its findings are not written down: %s", zone.name, err.message)
  end
end

--- Writes the findings of a zone down that could not be, or may not be.
---@param zone understudy.SyncZone
---@param host table
function M.catch_up(zone, host)
  if zone.findings_written == UNKNOWN then
    M.save(zone, host)
  end
end

-- A finding from its row; nil if that is not what was written.
local function finding_of(row)
  local finding = json.decode(row.detail)
  return type(finding) == "table" and finding.fingerprint == row.fingerprint and finding.severity == row.severity
    and finding.message == row.message and finding or nil
end

--- Recalls the findings of a zone from its rows.
---@param zone understudy.SyncZone with its acknowledgements
---@param rows? table[]
---@param now number
function M.recall(zone, rows, now)
  local findings, written = judge.no_findings(), {}
  for _, row in ipairs(rows or {}) do
    local finding = finding_of(row)
    if finding then
      written[#written + 1] = finding
      judge.add_finding(findings, finding, zone.acknowledgements, now)
    end
  end
  sync_zone.set_findings(zone, findings)
  zone.findings_written = #written > 0 and signature(written) or nil
end

return M
